import { z } from "zod";

/** How the `authorization` header spells a credential: `Bearer T`, `token T`, or `Basic` of `user:T`. */
export const scheme = z.enum(["bearer", "token", "basic"]);
