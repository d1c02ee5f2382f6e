import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Clock } from "../../../src/base/clock.ts";
import type { SessionId } from "../../../src/core/ids.ts";
import type { Grant, GrantId, TokenHash } from "../../../src/identity/identity.ts";
import { RateLimit } from "../../../src/identity/rate-limit.ts";
import { type Entry, Ledger } from "../../../src/identity/sessions/ledger.ts";

const small = fc.integer({ min: 0, max: 5 });
const session = small.map((n) => `ses_${n}` as SessionId);
const grant = fc.record({ n: small, session, expiresAt: fc.integer({ min: 0, max: 100 }) }).map(
  ({ n, session, expiresAt }): Grant => ({
    id: `grt_${n}` as GrantId,
    hash: `hash ${n}` as TokenHash,
    session,
    principal: { id: "p", issuer: "i", subject: "s", groups: [], claims: {} },
    createdAt: 0,
    expiresAt,
  }),
);
const until = fc.integer({ min: 0, max: 100 });
const entry: fc.Arbitrary<Entry> = fc.oneof(
  grant.map((one): Entry => ({ kind: "grant", grant: one })),
  small.map((n): Entry => ({ kind: "revoke-grant", grant: `grt_${n}` as GrantId })),
  fc.record({ kind: fc.constant("revoke-session" as const), session, until }),
  fc.record({ kind: fc.constant("once" as const), key: small.map(String), until }),
);

function read(ledger: Ledger, now: number) {
  return {
    list: new Set(ledger.list(now).map(({ id }) => id)),
    found: [0, 1, 2, 3, 4, 5].map((n) => ledger.find(`hash ${n}` as TokenHash, now)?.id),
    revoked: [0, 1, 2, 3, 4, 5].map((n) => ledger.isRevoked(`ses_${n}` as SessionId, now)),
    seen: [0, 1, 2, 3, 4, 5].map((n) => ledger.seen(String(n), now)),
  };
}

describe("the session journal", () => {
  it("means the same after it was compacted and read again, whatever happened", () => {
    fc.assert(
      fc.property(fc.array(entry), until, until, (entries, now, later) => {
        const ledger = new Ledger();
        for (const each of entries) ledger.apply(each);
        const again = new Ledger();
        const at = Math.min(now, later);
        const then = Math.max(now, later);
        const before = read(ledger, then);
        for (const each of ledger.compact(at)) again.apply(each);
        expect(read(again, then)).toEqual(before);
        expect(read(ledger, then)).toEqual(before);
      }),
    );
  });

  it("never gives a grant that has ended", () => {
    fc.assert(
      fc.property(fc.array(entry), until, (entries, now) => {
        const ledger = new Ledger();
        for (const each of entries) ledger.apply(each);
        for (const { expiresAt, session: of } of ledger.list(now)) {
          expect(expiresAt).toBeGreaterThan(now);
          expect(ledger.isRevoked(of, now)).toBe(false);
        }
      }),
    );
  });
});

describe("RateLimit", () => {
  it("never lets a key take more than its burst and what it earned since", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 200 }), (pauses) => {
        let now = 0;
        const clock: Clock = { now: () => now, after: () => () => {} };
        const limit = new RateLimit(clock, 5, 2);
        let taken = 0;
        for (const pause of pauses) {
          now += pause;
          if (limit.wait("k") > 0) continue;
          limit.take("k");
          taken += 1;
        }
        expect(taken).toBeLessThanOrEqual(5 + (now / 1000) * 2 + 1e-6);
        now += limit.wait("k");
        expect(limit.wait("k")).toBe(0);
      }),
    );
  });
});
