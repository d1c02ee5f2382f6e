import type { Rule } from "../rule.ts";
import { cloudRules } from "./clouds.ts";
import { forgeRules } from "./forges.ts";
import { genericRules } from "./generic.ts";
import { hiddenRules } from "./hidden.ts";
import { messagingRules } from "./messaging.ts";
import { modelRules } from "./models.ts";
import { packageRules } from "./packages.ts";
import { structuralRules } from "./structural.ts";
import { toolRules } from "./tools.ts";

export { piiRules } from "./pii.ts";

/** What is masked unless the operator says otherwise: what is certain by its form first, what only a name hints at last. */
export const defaultRules: readonly Rule[] = [
  ...forgeRules,
  ...packageRules,
  ...cloudRules,
  ...modelRules,
  ...toolRules,
  ...messagingRules,
  ...structuralRules,
  ...hiddenRules,
  ...genericRules,
];
