import { describe, expect, test } from "vitest";
import {
  type Approval,
  answers,
  opened,
  type Standing,
  type Terms,
} from "../../../src/approvals/approval.ts";
import type { Approver } from "../../../src/approvals/approver.ts";
import { needsTime } from "../../../src/approvals/redis-records.ts";
import { type Move, transition } from "../../../src/approvals/transition.ts";
import type { RecordId } from "../../../src/core/ids.ts";
import { anAsk, person, terms } from "../../contract/approvals/scene.ts";

// Every order in which these can act is tried: two approvers, four people who may not approve, two replicas that
// each hold the request or its retry, a clock that runs out at any moment, and a crash at any moment. Everyone reads,
// works out a change, and commits it later, as the Redis store does: whatever happens in between is in the model.

/** Something worked out from what was seen of an approval, and not committed yet. */
interface Draft {
  readonly approval: number;
  readonly version: number;
  readonly after: Standing;
}

interface Actor {
  readonly name: string;
  readonly moves: readonly Move[];
}

/** `approval` is the place of the one that it waits for, or went through on. */
type Replica =
  | { readonly phase: "idle" }
  | { readonly phase: "waiting" | "through"; readonly approval: number; readonly record: RecordId };

interface World {
  /** Before the end of the first approval, or after it. */
  readonly time: 0 | 1;
  /** Approvals of the one request, in the order in which they were asked; the last is the current. */
  readonly approvals: readonly Standing[];
  readonly drafts: Readonly<Record<string, Draft | undefined>>;
  readonly replicas: readonly [Replica, Replica];
  /** Which approval each request that reached the upstream went through on. */
  readonly sent: readonly number[];
}

interface Setting {
  readonly ask: Approval["ask"];
  readonly actors: readonly Actor[];
  readonly needed: number;
  readonly mostApprovals: number;
  /** Whether others may come between what is worked out and what is committed, as in Redis. */
  readonly apart: boolean;
}

const idle: Replica = { phase: "idle" };
const within = 1;
const approvers: Readonly<Record<string, Approver>> = {
  ann: person("ann"),
  bob: person("bob"),
  // The requester, the human behind the requester by another name, an outsider, and ann under a second identity.
  rita: person("rita"),
  robin: { id: "github:robin", groups: ["platform"], aliases: ["github:robin", "r-actor"] },
  otto: person("otto", ["others"]),
  twin: { id: "github:ann", groups: ["platform"], aliases: ["github:ann", "ann"] },
};

function setting(
  count: number,
  breakGlass: boolean,
  limits: Pick<Setting, "mostApprovals" | "apart">,
): Setting {
  const glass = { by: ["group:platform"], count: 2, within: 10 } as const;
  const given: Terms = { ...terms, count, ...(breakGlass ? { breakGlass: glass } : {}) };
  const ask = anAsk({
    terms: given,
    within,
    requester: { id: "idp:rita", aliases: ["idp:rita", "rita", "r-actor"] },
  });
  const actors = Object.entries(approvers).map(([name, by]): Actor => {
    const yes: Move = { kind: "approve", by, reason: "x", breakGlass };
    const no: Move = { kind: "deny", by, reason: "x" };
    return { name, moves: name === "ann" || name === "rita" ? [yes, no] : [yes] };
  });
  return { ask, actors, needed: breakGlass ? 2 : count, ...limits };
}

/** Every world that one more step of anybody leads to. */
function* steps(world: World, how: Setting): Iterable<World> {
  if (world.time === 0) yield { ...world, time: 1 };
  const current = world.approvals.length - 1;
  for (const { name, moves } of how.actors) {
    yield* committed(world, name);
    if (current >= 0 && world.drafts[name] === undefined)
      for (const move of moves) yield* made(world, how, name, current, move);
  }
  for (const index of [0, 1] as const) yield* replicaSteps(world, how, index);
}

function* replicaSteps(world: World, how: Setting, index: 0 | 1): Iterable<World> {
  const replica = world.replicas[index];
  const name = `replica ${index}`;
  if (replica.phase === "idle") {
    yield* asked(world, how, index);
    return;
  }
  // It may die at any moment: all it leaves behind is what it has committed.
  yield withReplica({ ...world, drafts: { ...world.drafts, [name]: undefined } }, index, idle);
  if (replica.phase === "through") {
    yield withReplica({ ...world, sent: [...world.sent, replica.approval] }, index, idle);
    return;
  }
  const reached = [...committed(world, name)];
  const { approval, record } = replica;
  if (world.drafts[name] === undefined) {
    const moves: readonly Move[] = [
      { kind: "consume", by: record },
      { kind: "cancel", by: record },
      { kind: "expire" },
    ];
    for (const move of moves) reached.push(...made(world, how, name, approval, move));
  }
  for (const after of reached) {
    const [was, is] = [world.approvals[approval], after.approvals[approval]];
    const won = is !== was && is?.state === "consumed" && is.used?.by === record;
    yield won ? withReplica(after, index, { ...replica, phase: "through" }) : after;
  }
}

// The client sends the request, or sends it again.
function* asked(world: World, { ask, mostApprovals }: Setting, index: 0 | 1): Iterable<World> {
  const { approvals, time } = world;
  const known = approvals.at(-1);
  const last = approvals.length - 1;
  if (known !== undefined && answers(known, time)) {
    const record = `${index}` as RecordId;
    const joined = transition({ ask, standing: known }, { kind: "join", by: record }, time);
    const after = joined.ok ? changed(world, last, joined.value) : world;
    yield withReplica(after, index, { phase: "waiting", approval: last, record });
  } else if (approvals.length < mostApprovals) {
    const record = `${index}` as RecordId;
    const after = [...approvals, opened(ask, record, time)];
    yield withReplica({ ...world, approvals: after }, index, {
      phase: "waiting",
      approval: last + 1,
      record,
    });
  }
}

function* made(
  world: World,
  { ask, apart }: Setting,
  name: string,
  approval: number,
  move: Move,
): Iterable<World> {
  const standing = world.approvals[approval]!;
  const moved = transition({ ask, standing }, move, world.time);
  if (!moved.ok) return;
  const draft = { approval, version: standing.version, after: moved.value };
  const drafted = { ...world, drafts: { ...world.drafts, [name]: draft } };
  if (apart) yield drafted;
  else yield* committed(drafted, name);
}

// As the commit script does: only onto the version that was seen, and only in time.
function* committed(world: World, name: string): Iterable<World> {
  const draft = world.drafts[name];
  if (draft === undefined) return;
  const standing = world.approvals[draft.approval]!;
  const late = needsTime(standing, draft.after) && world.time >= standing.expiresAt;
  if (late || standing.version !== draft.version)
    yield { ...world, drafts: { ...world.drafts, [name]: undefined } };
  else yield changed(world, draft.approval, draft.after);
}

// What others have worked out for the version before can only fail from here on, so it need not be followed.
function changed(world: World, approval: number, after: Standing): World {
  const others = Object.entries(world.drafts).filter(([, draft]) => draft?.approval !== approval);
  return {
    ...world,
    drafts: Object.fromEntries(others),
    approvals: world.approvals.with(approval, after),
  };
}

function withReplica(world: World, index: 0 | 1, replica: Replica): World {
  const [a, b] = world.replicas;
  return { ...world, replicas: index === 0 ? [replica, b] : [a, replica] };
}

/** What must be true of every world that can be reached. */
function faultIn({ approvals, sent }: World, needed: number): string | undefined {
  if (new Set(sent).size !== sent.length) return "one approval let two requests through";
  for (const [index, standing] of approvals.entries()) {
    const { state, says, used, expiresAt } = standing;
    if (sent.includes(index) && state !== "consumed") return "a request went through unapproved";
    if (says.some(({ at }) => at >= expiresAt)) return "somebody spoke after the end";
    if (used !== undefined && used.at >= expiresAt) return "it was used after the end";
    const heard = says.map(({ by }) => by);
    if (heard.includes("idp:rita") || heard.includes("github:robin")) return "the requester spoke";
    if (heard.includes("idp:otto")) return "an outsider spoke";
    const given = state === "approved" || state === "consumed";
    const yes = says.filter(({ verdict }) => verdict === "approve");
    if (yes.filter(({ by }) => by.endsWith(":ann")).length > 1) return "ann counted twice";
    if (given && yes.length < needed) return "too few have approved";
    if (says.length > yes.length && state !== "denied") return "a denial did not win";
  }
  return undefined;
}

// Without versions: each retry adds one, and every draft that is followed is of the present version.
function keyOf({ time, approvals, drafts, replicas, sent }: World): string {
  const brief = ({ state, askedAt, askedBy, says, used }: Standing) =>
    [
      state,
      askedAt,
      askedBy,
      used?.by,
      used?.at,
      ...says.map(({ by, at, verdict }) => `${by}${at}${verdict}`),
    ].join();
  const waiting = Object.entries(drafts).flatMap(([name, draft]) =>
    draft === undefined ? [] : [`${name}${draft.approval}${brief(draft.after)}`],
  );
  return [
    time,
    approvals.map(brief).join(";"),
    waiting.sort().join(";"),
    JSON.stringify(replicas),
    sent.join(),
  ].join("|");
}

/** Visits every world that can be reached; stops at the first in which something is wrong. */
function explore(how: Setting) {
  const start: World = { time: 0, approvals: [], drafts: {}, replicas: [idle, idle], sent: [] };
  const seen = new Set([keyOf(start)]);
  const states = new Set<string>();
  let mostSent = 0;
  const frontier = [start];
  for (let world = frontier.pop(); world !== undefined; world = frontier.pop())
    for (const reached of steps(world, how)) {
      const key = keyOf(reached);
      if (seen.has(key)) continue;
      seen.add(key);
      const fault = faultIn(reached, how.needed);
      if (fault !== undefined) return { fault, world: reached };
      for (const { state } of reached.approvals) states.add(state);
      mostSent = Math.max(mostSent, reached.sent.length);
      frontier.push(reached);
    }
  return { worlds: seen.size, states: [...states].sort(), mostSent };
}

const everyState = ["approved", "cancelled", "consumed", "denied", "expired", "pending"];

describe("every order of events", () => {
  test.each([
    ["one approver is enough", 1, false],
    ["two approvers are needed", 2, false],
    ["two people break the glass", 1, true],
  ] as const)(
    "where %s: no double use, no late word, no word of the requester",
    (_, count, glass) => {
      const whole = explore(setting(count, glass, { mostApprovals: 2, apart: false }));
      expect(whole).toMatchObject({ states: everyState, mostSent: 2 });
      const apart = explore(setting(count, glass, { mostApprovals: 1, apart: true }));
      expect(apart).toMatchObject({ states: everyState, mostSent: 1 });
      console.log(`${whole.worlds} and ${apart.worlds} worlds`);
    },
  );

  test("finds a fault where there is one: an ask that does not know who is behind the requester", () => {
    const how = setting(1, false, { mostApprovals: 1, apart: false });
    const blind = { ...how, ask: { ...how.ask, requester: { id: "idp:rita", aliases: [] } } };
    expect(explore(blind)).toMatchObject({ fault: "the requester spoke" });
  });

  test("finds a fault where there is one: two needed, one said to be enough", () => {
    const how = setting(1, false, { mostApprovals: 1, apart: true });
    expect(explore({ ...how, needed: 2 })).toMatchObject({ fault: "too few have approved" });
  });
});
