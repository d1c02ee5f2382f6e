import { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import type { SubjectKind } from "../identity/exchange.ts";

/** An error of RFC 6749 section 5.2. */
export interface FormError {
  readonly code: "invalid_request" | "unsupported_grant_type" | "unsupported_token_type";
  readonly description: string;
}

const prefix = "urn:ietf:params:oauth:token-type:";
export const accessTokenType = `${prefix}access_token`;
export const exchangeGrantType = "urn:ietf:params:oauth:grant-type:token-exchange";

const exchangeForm = z.strictObject({
  grant_type: z.string(),
  subject_token: z.string().min(1),
  subject_token_type: z.enum([`${prefix}id_token`, `${prefix}jwt`, `${prefix}saml2`]),
  requested_token_type: z.literal(accessTokenType).optional(),
});

const revocationForm = z.object({ token: z.string().min(1) });

/** Reads the form of RFC 8693 section 2.1; what it asks for that we do not do (actor, scope, …) is an error. */
export function readExchange(
  type: string | undefined,
  body: string,
): Result<{ readonly kind: SubjectKind; readonly subject: Secret }, FormError> {
  const fields = readForm(type, body);
  if (!fields.ok) return fields;
  if (fields.value["grant_type"] !== exchangeGrantType)
    return invalid("The grant_type must be token-exchange.", "unsupported_grant_type");
  const form = exchangeForm.safeParse(fields.value);
  if (!form.success) return invalid(names(form.error));
  const kind = form.data.subject_token_type === `${prefix}saml2` ? "saml2" : "id_token";
  return ok({ kind, subject: new Secret(form.data.subject_token) });
}

/** Reads the form of RFC 7009 section 2.1: the token. */
export function readRevocation(type: string | undefined, body: string): Result<string, FormError> {
  const fields = readForm(type, body);
  if (!fields.ok) return fields;
  const form = revocationForm.safeParse(fields.value);
  if (!form.success) return invalid(names(form.error));
  if (!form.data.token.startsWith("ghs_") || form.data.token.includes("."))
    return invalid("Only session tokens can be revoked.", "unsupported_token_type");
  return ok(form.data.token);
}

function readForm(
  type: string | undefined,
  body: string,
): Result<Readonly<Record<string, string>>, FormError> {
  const media = type?.split(";", 1)[0]?.trim().toLowerCase();
  if (media !== "application/x-www-form-urlencoded")
    return invalid("The body must be application/x-www-form-urlencoded.");
  const pairs = [...new URLSearchParams(body)];
  const fields = Object.fromEntries(pairs);
  // RFC 6749 section 3.2: a parameter must not come twice.
  if (Object.keys(fields).length !== pairs.length) return invalid("A parameter came twice.");
  return ok(fields);
}

function invalid(
  description: string,
  code: FormError["code"] = "invalid_request",
): Result<never, FormError> {
  return err({ code, description });
}

/** Which parameters are wrong: our own names for those we know, never what was sent. */
function names(error: z.ZodError): string {
  const wrong = new Set(error.issues.map(({ path }) => String(path[0] ?? "")));
  wrong.delete("");
  return wrong.size === 0
    ? "A parameter is not supported."
    : `These parameters are missing or wrong: ${[...wrong].join(", ")}.`;
}
