import type { Approval, Ask, Terms } from "../../../src/approvals/approval.ts";
import type { Approver } from "../../../src/approvals/approver.ts";
import type { Clock } from "../../../src/base/clock.ts";
import { newApprovalId, newRecordId, type RuleId, type SessionId } from "../../../src/core/ids.ts";

/** A clock that moves only when it is told to. */
export class ManualClock implements Clock {
  #now = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get timers(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
    }
    this.#now = end;
  }
}

export const minute = 60_000;
export const record = () => newRecordId(Date.UTC(2026, 0, 1));

export const terms: Terms = { by: ["group:platform"], count: 1, reason: "optional" };

export function anAsk(change: Partial<Ask> = {}): Ask {
  const id = newApprovalId();
  return {
    id,
    binding: `binding of ${id}`,
    grantKeys: { session: `session of ${id}`, resource: `resource of ${id}` },
    session: "session-1" as SessionId,
    requester: { id: "idp:rita", aliases: ["idp:rita", "rita"] },
    operations: [
      {
        protocol: "github-rest",
        name: "repository.create",
        access: "write",
        resource: "github.com/acme/new",
        attributes: {},
      },
    ],
    rule: "new-repositories-need-a-person" as RuleId,
    terms,
    preview: {
      method: "POST",
      authority: "api.github.com",
      path: "/orgs/acme/repos",
      contentType: "application/json",
      body: '{"name":"new"}',
      bytes: 14,
      cut: false,
      findings: [],
    },
    within: 15 * minute,
    ...change,
  };
}

export function person(name: string, groups: readonly string[] = ["platform"]): Approver {
  return { id: `idp:${name}`, groups, aliases: [`idp:${name}`, name] };
}

export const approve = (name: string) =>
  ({ kind: "approve", by: person(name), reason: "fine", breakGlass: false }) as const;

export const deny = (name: string) => ({ kind: "deny", by: person(name), reason: "no" }) as const;

/** The same approval whatever its version, to compare two copies. */
export const stateOf = (approval: Approval | undefined) => approval?.standing.state;
