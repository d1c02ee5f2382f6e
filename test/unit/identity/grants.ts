import { systemClock } from "../../../src/base/clock.ts";
import { Secret } from "../../../src/base/secret.ts";
import type { SessionId } from "../../../src/core/ids.ts";
import { type Grant, hashToken, newGrantId } from "../../../src/identity/identity.ts";

let counter = 0;

/** A grant like no other, good for a minute unless `over` says otherwise. */
export function grant(over: Partial<Grant> = {}): Grant {
  counter += 1;
  const now = systemClock.now();
  return {
    id: newGrantId(),
    hash: hashToken(new Secret(`token ${counter}`)),
    session: `ses_${String(counter).padStart(22, "0")}` as SessionId,
    principal: {
      id: "actions:repo:acme/app",
      issuer: "actions",
      subject: "repo:acme/app",
      groups: ["acme/app"],
      claims: { repository_id: "74" },
    },
    createdAt: now + counter,
    expiresAt: now + 60_000,
    ...over,
  };
}
