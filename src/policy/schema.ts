import { z } from "zod";
import { size } from "../yaml/quantity.ts";

const text = z.string().min(1, "must not be empty");
/** One pattern or several, of which one must match. `@name` stands for a list of this policy. */
const patterns = z.union([text, z.array(text).min(1, "must hold at least one pattern")]);
const scalar = z.union([text, z.number(), z.boolean()]);
const scalars = z.union([scalar, z.array(scalar).min(1, "must hold at least one value")]);

const attribute = z.union([
  scalars,
  z.strictObject({ some: scalars }),
  z.strictObject({ every: scalars }),
  z.strictObject({ none: scalars }),
]);

const principal = z.strictObject({
  id: patterns.optional(),
  issuer: patterns.optional(),
  subject: patterns.optional(),
  groups: patterns.optional(),
  repository: patterns.optional(),
  repositoryId: patterns.optional(),
  repositoryOwnerId: patterns.optional(),
  environment: patterns.optional(),
  ref: patterns.optional(),
  actor: patterns.optional(),
  actorId: patterns.optional(),
  workflowRef: patterns.optional(),
  jobWorkflowRef: patterns.optional(),
  claims: z.record(z.string(), scalars).optional(),
});

export const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const clock = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, "must be a time such as 09:30");

const time = z.strictObject({
  days: z.array(z.enum(days)).min(1).optional(),
  /** Inclusive. */
  from: clock.optional(),
  /** Exclusive; earlier than `from`: past midnight. */
  to: clock.optional(),
  zone: z.string().refine(isZone, "must be a time zone such as Europe/Berlin").default("UTC"),
});

const body = z
  .strictObject({
    /** RFC 6901; absent: the whole body. */
    pointer: z
      .string()
      .regex(/^(\/([^~/]|~[01])*)*$/, "must be a JSON pointer such as /messages/0")
      .optional(),
    /** The value there, one of these. */
    is: scalars.optional(),
    /** One of these words, whole and in any case, anywhere in the text there. */
    words: z.union([text, z.array(text).min(1)]).optional(),
    /** An RE2 regular expression, found anywhere in the text there. */
    pattern: text.optional(),
    /** The largest body that is looked into. */
    limit: size.prefault("64KiB"),
    /** What a larger body means: the request is refused, the test holds, or it does not. */
    oversize: z.enum(["deny", "match", "miss"]).default("deny"),
  })
  .refine(
    ({ is, words, pattern }) => [is, words, pattern].filter((v) => v !== undefined).length === 1,
    "must hold exactly one of is, words, pattern",
  );

/** What a rule asks of an operation; everything in it must hold. */
export const when = z.strictObject({
  protocol: patterns.optional(),
  operation: patterns.optional(),
  access: z.enum(["read", "write"]).optional(),
  resource: patterns.optional(),
  attributes: z.record(z.string(), attribute).optional(),
  connection: patterns.optional(),
  principal: principal.optional(),
  size: z.strictObject({ over: size.optional(), upTo: size.optional() }).optional(),
  time: time.optional(),
  /** By name in any case; a header that is not there matches nothing. */
  headers: z.record(z.string(), patterns).optional(),
  body: z.union([body, z.array(body).min(1)]).optional(),
});

export const ruleId = z
  .string()
  .regex(
    /^(?!otherwise$)[a-z0-9][a-z0-9._-]{0,99}$/,
    "must be a name of lower-case letters, digits, . _ and - (and not otherwise)",
  );

export const mode = z.enum(["enforce", "observe"]);

export const rule = z.strictObject({
  id: ruleId,
  /** For people. */
  description: z.string().optional(),
  /** `observe`: the rule is noted in the audit record where it would have ruled, and does nothing. */
  mode: mode.default("enforce"),
  when: when.prefault({}),
  /** The rule does not match where all of this holds. */
  unless: when.optional(),
  /** A CEL expression over the same facts. */
  if: text.optional(),
  // biome-ignore lint/suspicious/noThenProperty: the word that policy files use
  then: z.array(z.unknown()).min(1, "must order at least one action"),
});

export const include = z.strictObject({
  include: z.string().startsWith("preset:", "must be preset: and a name"),
});

const listName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]*$/, "must be a name of letters, digits and _");

/** One policy file; its rules are read one by one, so that each tells its own mistakes. */
export const policyFile = z.strictObject({
  /** `observe`: nothing is refused or held, and what would have been is noted. */
  mode: mode.optional(),
  /** Named patterns, for `@name` and for `lists.name` in CEL. */
  lists: z.record(listName, z.array(text)).default({}),
  /** Named CEL conditions, for use in `if`. */
  macros: z.record(listName, text).default({}),
  rules: z.array(z.unknown()).default([]),
  otherwise: z.array(z.unknown()).min(1, "must order at least one action").optional(),
});

export type When = z.output<typeof when>;
export type Rule = z.output<typeof rule>;
export type Patterns = z.output<typeof patterns>;
export type Scalars = z.output<typeof scalars>;
export type AttributeTest = z.output<typeof attribute>;
export type BodyTest = z.output<typeof body>;
export type TimeWindow = z.output<typeof time>;
export type PrincipalTest = z.output<typeof principal>;

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
