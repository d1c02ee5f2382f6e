import { describe, expect, test } from "vitest";
import { type Approval, opened, type Terms } from "../../../src/approvals/approval.ts";
import { type Move, type Objection, transition } from "../../../src/approvals/transition.ts";
import type { RecordId } from "../../../src/core/ids.ts";
import { anAsk, approve, deny, minute, person, terms } from "../../contract/approvals/scene.ts";

const record = "record" as RecordId;
const emergency: Terms = {
  ...terms,
  breakGlass: { by: ["group:oncall"], count: 2, within: 10 * minute },
};
const oncall = (name: string) => person(name, ["oncall"]);
const breakGlass = (name: string, reason = "the house burns"): Move => ({
  kind: "approve",
  by: oncall(name),
  reason,
  breakGlass: true,
});
const use: Move = { kind: "consume", by: record };

/** Makes these moves one after the other, each at its minute; gives the approval, or the first objection. */
function outcomeOf(
  given: Terms,
  ...moves: readonly (readonly [number, Move])[]
): Approval | Objection {
  let approval: Approval = (() => {
    const ask = anAsk({ terms: given, within: 60 * minute });
    return { ask, standing: opened(ask, record, 0) };
  })();
  for (const [at, move] of moves) {
    const moved = transition(approval, move, at * minute);
    if (!moved.ok) return moved.error;
    expect(moved.value.version).toBe(approval.standing.version + 1);
    approval = { ask: approval.ask, standing: moved.value };
  }
  return approval;
}

describe("an approval", () => {
  test("by break-glass takes two people on call, holds for its own short time, and waits for a review", () => {
    expect(outcomeOf(emergency, [1, breakGlass("ann")])).toMatchObject({
      standing: { state: "pending" },
    });
    const broken = outcomeOf(emergency, [1, breakGlass("ann")], [2, breakGlass("bob")]);
    expect(broken).toMatchObject({
      standing: { state: "approved", expiresAt: 12 * minute, review: {} },
    });
    expect(outcomeOf(emergency, [1, breakGlass("ann")], [2, breakGlass("bob")], [12, use])).toBe(
      "expired",
    );
    const review = (name: string, note: string): readonly [number, Move] => [
      20,
      { kind: "review", by: oncall(name), note },
    ];
    const used = [
      [1, breakGlass("ann")],
      [2, breakGlass("bob")],
      [3, use],
    ] as const;
    expect(outcomeOf(emergency, ...used, review("ann", "fine"))).toBe("said_already");
    expect(outcomeOf(emergency, ...used, review("rita", "fine"))).toBe("requester");
    expect(outcomeOf(emergency, ...used, review("sue", ""))).toBe("reason_required");
    expect(outcomeOf(emergency, ...used, review("sue", "was right"))).toMatchObject({
      standing: { review: { done: { by: "idp:sue", note: "was right" } } },
    });
    expect(outcomeOf(emergency, ...used, review("sue", "x"), review("tom", "y"))).toBe(
      "nothing_to_review",
    );
  });

  test.each<readonly [string, Terms, readonly (readonly [number, Move])[], Objection]>([
    ["break-glass without a reason", emergency, [[1, breakGlass("ann", "")]], "reason_required"],
    ["break-glass where the rule has none", terms, [[1, breakGlass("ann")]], "not_entitled"],
    [
      "break-glass by somebody not on call",
      emergency,
      [[1, { ...approve("ann"), breakGlass: true }]],
      "not_entitled",
    ],
    [
      "the same person twice",
      emergency,
      [
        [1, breakGlass("ann")],
        [2, breakGlass("ann")],
      ],
      "said_already",
    ],
    [
      "no reason where one is required",
      { ...terms, reason: "required" },
      [[1, { ...approve("ann"), reason: "" }]],
      "reason_required",
    ],
    [
      "a grant that is not offered",
      terms,
      [[1, { ...approve("ann"), grant: { scope: "session", within: 1 } }]],
      "not_grantable",
    ],
    [
      "a grant for too long",
      { ...terms, grants: { scopes: ["session"], upTo: minute } },
      [[1, { ...approve("ann"), grant: { scope: "session", within: minute + 1 } }]],
      "not_grantable",
    ],
    [
      "a grant of another scope",
      { ...terms, grants: { scopes: ["session"], upTo: minute } },
      [[1, { ...approve("ann"), grant: { scope: "resource", within: 1 } }]],
      "not_grantable",
    ],
    ["a word after the end", terms, [[60, approve("ann")]], "expired"],
    [
      "a yes after a no",
      terms,
      [
        [1, deny("ann")],
        [2, approve("bob")],
      ],
      "not_pending",
    ],
    ["a use without a yes", terms, [[1, use]], "not_approved"],
    [
      "a second use",
      terms,
      [
        [1, approve("ann")],
        [2, use],
        [3, use],
      ],
      "not_approved",
    ],
    [
      "taking back what is used",
      terms,
      [
        [1, approve("ann")],
        [2, use],
        [3, { kind: "revoke", by: person("ann") }],
      ],
      "nothing_to_revoke",
    ],
    [
      "taking back by an outsider",
      terms,
      [
        [1, approve("ann")],
        [2, { kind: "revoke", by: person("otto", []) }],
      ],
      "not_entitled",
    ],
    ["expiring before the end", terms, [[59, { kind: "expire" }]], "not_yet"],
    [
      "using what was taken back",
      terms,
      [
        [1, approve("ann")],
        [2, { kind: "revoke", by: person("bob") }],
        [3, use],
      ],
      "not_approved",
    ],
  ])("does not take %s", (_, given, moves, objection) => {
    expect(outcomeOf(given, ...moves)).toBe(objection);
  });

  test("is denied by one no, though others have said yes, and by one who had said yes", () => {
    const two = { ...terms, count: 2 };
    const outcome = outcomeOf(two, [1, approve("ann")], [2, deny("ann")]);
    expect(outcome).toMatchObject({ standing: { state: "denied" } });
    expect(outcomeOf(two, [1, approve("ann")], [2, deny("bob")], [3, approve("sue")])).toBe(
      "not_pending",
    );
  });

  test("gives a grant only where every approver named it, for the shortest of their times", () => {
    const two: Terms = {
      ...terms,
      count: 2,
      grants: { scopes: ["session", "resource"], upTo: 60 * minute },
    };
    const granting = (name: string, within: number): Move => ({
      ...approve(name),
      grant: { scope: "session", within },
    });
    expect(
      outcomeOf(two, [1, granting("ann", 30 * minute)], [2, granting("bob", 10 * minute)]),
    ).toMatchObject({
      standing: { grant: { scope: "session", until: 12 * minute } },
    });
    const half = outcomeOf(two, [1, granting("ann", 30 * minute)], [2, approve("bob")]) as Approval;
    expect(half.standing.state).toBe("approved");
    expect(half.standing.grant).toBeUndefined();
  });
});
