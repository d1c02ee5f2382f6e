import { expect, test } from "vitest";
import { allowAction } from "../../../src/actions/allow/index.ts";
import { denyAction } from "../../../src/actions/deny/index.ts";
import { injectAction } from "../../../src/actions/inject/index.ts";
import { type Counters, limitAction } from "../../../src/actions/limit/index.ts";
import { maskAction } from "../../../src/actions/mask/index.ts";
import { recordAction } from "../../../src/actions/record/index.ts";
import { err, ok } from "../../../src/base/result.ts";
import { Secret } from "../../../src/base/secret.ts";
import type { Action } from "../../../src/core/action.ts";
import type { Ruling } from "../../../src/core/decision.ts";
import type { Facts } from "../../../src/core/facts.ts";
import type { Masker } from "../../../src/core/finding.ts";
import type { RuleId } from "../../../src/core/ids.ts";
import type { Reversal } from "../../../src/core/reversal.ts";
import { passThrough } from "../../../src/http/transform.ts";
import { anOperation, someFacts } from "../../support/facts.ts";
import { paperActions } from "../../support/paper-actions.ts";

function bind(action: Action, parameters: object = {}) {
  return action.bind(action.parameters.parse(parameters));
}

function enforce(action: Action, parameters: object = {}, facts: Facts = someFacts()) {
  const bound = bind(action, parameters);
  const ruling: Ruling = {
    operation: facts.operations[0],
    rule: "a-rule" as RuleId,
    actions: [bound],
    observed: [],
  };
  return bound.enforce(facts, ruling);
}

test("each action has its own name, and denials alone refuse whatever is asked", () => {
  const actions = paperActions();
  expect(actions.map(({ name }) => name)).toEqual([
    "allow",
    "deny",
    "approve",
    "mask",
    "scan",
    "inject",
    "record",
    "limit",
  ]);
  expect(actions.filter(({ kind }) => kind === "refuses")).toEqual([denyAction]);
  for (const { parameters } of actions)
    expect(parameters.safeParse({ unheardOf: 1 }).success).toBe(false);
});

test("allow lets go as it is; deny refuses in the operator's words before anything waits", () => {
  expect(enforce(allowAction)).toEqual({ kind: "proceed", edits: {} });
  expect(bind(denyAction).stage).toBe("refuse");
  expect(enforce(denyAction, { reason: "Ask Ada." })).toEqual({
    kind: "refuse",
    code: "denied",
    message: "Ask Ada.",
  });
});

test("record keeps everything unless told otherwise", () => {
  expect(bind(recordAction).keep).toEqual({ level: "full", raw: false });
  expect(bind(recordAction, { level: "none" }).keep).toMatchObject({ level: "none" });
  expect(enforce(recordAction)).toEqual({ kind: "proceed", edits: {} });
});

const edited = (edits: object) => ({ kind: "proceed", edits });

test("mask asks for its masker once, when it is bound, and edits the directions that it names", () => {
  const asked: unknown[] = [];
  const masker: Masker = { open: () => passThrough };
  const mask = maskAction({
    ruleSets: ["default", "pii"],
    masker: (...given) => {
      asked.push(given);
      return masker;
    },
  });
  const both = { requestMaskers: [masker], responseMaskers: [masker] };
  expect(enforce(mask)).toEqual({ kind: "proceed", edits: both });
  const towards = enforce(mask, {
    rules: ["pii", "default"],
    direction: "request",
    strategy: "stars",
  });
  expect(towards).toEqual({ kind: "proceed", edits: { requestMaskers: [masker] } });
  expect(enforce(mask, { direction: "response" })).toMatchObject({
    edits: { responseMaskers: [masker] },
  });
  expect(asked).toEqual([
    [["default"], "mark"],
    [["pii", "default"], "stars"],
    [["default"], "mark"],
  ]);
});

test("mask opens what was put away for the session of each request, and only towards the upstream", async () => {
  const mark: Masker = { open: () => passThrough };
  const own: Masker = { open: () => passThrough };
  const asked: unknown[] = [];
  const reversal = { isEmpty: true } as unknown as Reversal;
  const mask = maskAction({
    ruleSets: ["default", "pii"],
    masker: () => mark,
    reversible: async (facts) => ({
      reversal,
      masker: (sets) => {
        asked.push([facts, sets]);
        return own;
      },
    }),
  });
  const facts = someFacts();
  const given = { strategy: "reversible", rules: "pii" };
  const edits = { reversal, requestMaskers: [own] };
  expect(await enforce(mask, { ...given, direction: "request" }, facts)).toEqual(edited(edits));
  expect(await enforce(mask, given, facts)).toEqual(edited({ ...edits, responseMaskers: [mark] }));
  expect(asked).toEqual([
    [facts, ["pii"]],
    [facts, ["pii"]],
  ]);
  const { success } = mask.parameters.safeParse({ strategy: "reversible", direction: "response" });
  expect(success).toBe(false);
  expect(await enforce(mask, { thinking: "omit" })).toEqual(
    edited({ requestMaskers: [mark], responseMaskers: [mark], thinking: "omit" }),
  );
  const unasked = mask.parameters.safeParse({ thinking: "drop", direction: "request" });
  expect(unasked.success).toBe(false);
  const nowhere = maskAction({ ruleSets: ["default"], masker: () => mark });
  expect(await enforce(nowhere, { strategy: "reversible" })).toMatchObject({ code: "unavailable" });
});

test("inject puts in the named credential, else the connection's own, else nothing", async () => {
  const inject = injectAction({
    names: ["app", "own"],
    header: async (name, { target }) => ok(new Secret(`${name}@${target.connection.name}`)),
  });
  const own = someFacts();
  const connection = { ...own.target.connection, credential: "own" };
  const facts = { ...own, target: { ...own.target, connection } };
  const header = async (parameters: object, given: Facts) => {
    const outcome = await enforce(inject, parameters, given);
    return outcome.kind === "proceed" ? outcome.edits.authorization?.reveal() : outcome.kind;
  };
  expect(await header({ credential: "app" }, facts)).toBe("app@github-api");
  expect(await header({}, facts)).toBe("own@github-api");
  expect(await header({}, own)).toBeUndefined();
});

test("inject passes on what a rule limits its token to, and only an App's can be limited", async () => {
  const asked: unknown[] = [];
  const { parameters, bind } = injectAction({
    names: ["app", "pat"],
    narrowing: ["app"],
    header: async (_, __, limits) => {
      asked.push(limits);
      return ok(new Secret("x"));
    },
  });
  const limits = { permissions: { contents: "write" }, repositories: ["app"] };
  const bound = bind(parameters.parse({ credential: "app", ...limits }));
  const [ruling] = [{} as Parameters<typeof bound.enforce>[1]];
  await bound.enforce(someFacts(), ruling);
  expect(asked).toEqual([limits]);
  const wrong = [
    { credential: "pat", ...limits },
    { permissions: { contents: "owner" } },
    { permissions: { "Contents!": "read" } },
    { repositories: ["acme/app"] },
    { repositories: [] },
  ];
  for (const each of wrong) expect(parameters.safeParse(each).success).toBe(false);
});

test("a credential that cannot be had, or must not go there, refuses and says nothing of why", async () => {
  const inject = injectAction({ header: async () => err("vault said: token s.123 expired") });
  const outcome = await enforce(inject, { credential: "app" });
  expect(outcome).toMatchObject({ kind: "refuse", code: "unavailable" });
  expect(JSON.stringify(outcome)).not.toContain("s.123");
  expect(
    injectAction({ names: [], header: async () => err("") }).parameters.safeParse({
      credential: "x",
    }).success,
  ).toBe(false);
});

function counting(): Counters & { readonly totals: Map<string, number> } {
  const totals = new Map<string, number>();
  return {
    totals,
    add: async (key, amount, at, window) => {
      const name = `${key} ${Math.floor(at / window)}`;
      totals.set(name, (totals.get(name) ?? 0) + amount);
      return totals.get(name) ?? 0;
    },
  };
}

test("limit lets so many through in one window, to each principal", async () => {
  const limit = limitAction(counting());
  const one = someFacts({ principal: { id: "a:1" }, at: "2026-06-03T10:00:00Z" });
  const two = someFacts({ principal: { id: "a:2" }, at: "2026-06-03T10:00:00Z" });
  const later = someFacts({ principal: { id: "a:1" }, at: "2026-06-03T11:00:00Z" });
  const kinds: string[] = [];
  for (const facts of [one, one, one, two, later])
    kinds.push((await enforce(limit, { requests: 2, window: "1h" }, facts)).kind);
  expect(kinds).toEqual(["proceed", "proceed", "refuse", "proceed", "proceed"]);
});

test("limit counts the tokens of a model call before they are spent", async () => {
  const counters = counting();
  const limit = limitAction(counters);
  const operations = [anOperation({ name: "model.call", attributes: { max_tokens: 90 } })];
  const facts = someFacts({ operations, body: "x".repeat(40) });
  const parameters = { tokens: 100, per: "session", window: "1h", reason: "Enough." };
  expect((await enforce(limit, parameters, facts)).kind).toBe("proceed");
  expect([...counters.totals.values()]).toEqual([100]);
  expect(await enforce(limit, parameters, facts)).toMatchObject({
    kind: "refuse",
    message: "Enough.",
  });
});

test("limit needs something to limit, and a store that cannot be reached refuses by throwing", async () => {
  const limit = limitAction({ add: () => Promise.reject(new Error("the store is away")) });
  expect(limit.parameters.safeParse({ window: "1h" }).success).toBe(false);
  await expect(enforce(limit, { requests: 1, window: "1h" })).rejects.toThrow("away");
});
