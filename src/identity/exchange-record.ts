import type { Clock } from "../base/clock.ts";
import type { Result } from "../base/result.ts";
import { newRecordId, type SessionId } from "../core/ids.ts";
import type { AttributeValue } from "../core/operation.ts";
import type { Principal } from "../core/principal.ts";
import type { AuditLog } from "../core/record.ts";
import type { AuthenticationFailure } from "./failure.ts";

/** How the request came, for the record. */
export interface Asked {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly userAgent?: string;
}

/** Puts one step of the exchange on record, with who it is for or why not; rejects when that cannot be kept. */
export async function keep(
  { clock, audit }: { readonly clock: Clock; readonly audit: AuditLog },
  name: "token.exchange" | "token.revoke",
  asked: Asked,
  who: Result<
    { readonly principal: Principal; readonly session: SessionId },
    AuthenticationFailure
  >,
  attributes: Readonly<Record<string, AttributeValue>> = {},
): Promise<void> {
  const at = clock.now();
  const id = newRecordId(at);
  await audit.intent({
    ...asked,
    id,
    at,
    decision: who.ok ? "allow" : "deny",
    operations: [{ protocol: "oauth2", name, access: "write", resource: "sallyport", attributes }],
    rules: [],
    observed: [],
    ...(who.ok
      ? { principal: who.value.principal, session: who.value.session }
      : { reason: `${who.error.code}: ${who.error.message}` }),
  });
  audit.complete({
    id,
    at: clock.now(),
    end: who.ok ? "completed" : "refused",
    requestBytes: 0,
    responseBytes: 0,
    findings: [],
  });
}
