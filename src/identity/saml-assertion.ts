import { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";
import type { Claims } from "./claims.ts";
import type { AuthenticationCode } from "./failure.ts";

/** What a verified assertion must fit. */
export interface AssertionRules {
  /** The identity provider's entity id. */
  readonly idp: string;
  /** Where it may have been meant to be delivered (`Recipient`). */
  readonly recipients: readonly string[];
  /** The request that it must answer, where there was one. */
  readonly requestId?: string;
}

/** What a verified assertion says. */
export interface Assertion {
  readonly id: string;
  readonly claims: Claims;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

const content = z.object({ _: z.string() });
const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const confirmation = z.object({
  $: z.object({ Method: z.string() }),
  SubjectConfirmationData: z.tuple([
    z.object({
      $: z.object({
        Recipient: z.string(),
        NotOnOrAfter: instant,
        InResponseTo: z.string().optional(),
      }),
    }),
  ]),
});
const attribute = z.object({
  $: z.object({ Name: z.string() }),
  // The reader gives an empty element as an empty string.
  AttributeValue: z
    .array(z.union([z.object({ _: z.string().optional() }), z.literal("").transform(() => ({}))]))
    .optional(),
});
/** The verified assertion as the XML reader gives it: children in lists, attributes under `$`, text under `_`. */
const verified = z.object({
  Assertion: z.object({
    $: z.object({ ID: z.string().min(1), Version: z.literal("2.0") }),
    Issuer: z.tuple([content]),
    Subject: z.tuple([
      z.object({
        NameID: z.tuple([
          content.extend({ $: z.object({ Format: z.string().optional() }).optional() }),
        ]),
        SubjectConfirmation: z.array(confirmation).min(1),
      }),
    ]),
    Conditions: z.tuple([z.object({ $: z.object({ NotOnOrAfter: instant }) })]),
    AuthnStatement: z.array(z.unknown()).min(1),
    AttributeStatement: z.array(z.object({ Attribute: z.array(attribute).optional() })).default([]),
  }),
});

const bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/**
 * Checks what the signature alone does not show (SAML profiles, section 4.1.4.3): who issued the assertion, where it
 * was to be delivered and what it answers. The signature, the audience and the times were checked before.
 */
export function readAssertion(
  document: unknown,
  rules: AssertionRules,
): Result<Assertion, AuthenticationCode> {
  const parsed = verified.safeParse(document);
  if (!parsed.success) return err("malformed");
  const { $, Issuer, Subject, Conditions, AttributeStatement } = parsed.data.Assertion;
  if (Issuer[0]._ !== rules.idp) return err("unknown_issuer");
  const [{ NameID, SubjectConfirmation }] = Subject;
  const confirmed = SubjectConfirmation.find(
    (each) => each.$.Method === bearer && delivered(each, rules),
  );
  if (confirmed === undefined) return err("audience");
  const attributes = AttributeStatement.flatMap(({ Attribute }) => Attribute ?? []);
  const claims = Object.fromEntries(attributes.map((each) => [each.$.Name, textOf(each)]));
  // A name that is new at every sign-in names nobody.
  const lasting = NameID[0].$?.Format !== transient;
  return ok({
    id: $.ID,
    claims: { ...claims, iss: rules.idp, jti: $.ID, ...(lasting ? { sub: NameID[0]._ } : {}) },
    expiresAt: Math.min(
      Conditions[0].$.NotOnOrAfter,
      confirmed.SubjectConfirmationData[0].$.NotOnOrAfter,
    ),
  });
}

function delivered(each: z.output<typeof confirmation>, rules: AssertionRules): boolean {
  const { Recipient, InResponseTo } = each.SubjectConfirmationData[0].$;
  return rules.recipients.includes(Recipient) && InResponseTo === rules.requestId;
}

function textOf({ AttributeValue = [] }: z.output<typeof attribute>): string | readonly string[] {
  const values = AttributeValue.map((value) => ("_" in value ? (value._ ?? "") : ""));
  return values.length === 1 ? (values[0] ?? "") : values;
}
