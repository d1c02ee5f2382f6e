import { z } from "zod";
import { proceed } from "../../core/outcome.ts";
import { defineAction } from "../action.ts";

/** `allow: {}`: lets the operation go on as it is. Rules that neither deny nor ask a person imply it. */
export const allowAction = defineAction("allow", z.strictObject({}), () => ({
  name: "allow",
  stage: "edit",
  enforce: () => proceed,
}));
