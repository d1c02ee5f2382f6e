import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Approval } from "../../../src/approvals/approval.ts";
import { placeOf } from "../../../src/approvals/place.ts";
import { type ApprovalStore, type Change, TooManyPending } from "../../../src/approvals/store.ts";
import { anAsk, approve, deny, minute, person, record, stateOf, terms } from "./scene.ts";

const bySink = (a: { sink: string }, b: { sink: string }) => a.sink.localeCompare(b.sink);

/** The sinks that every store under test has. */
export const sinks = ["hook", "chat"];

/** How many may be pending of one requester in every store under test. */
export const mostPending = 300;

/** A store under test, with its own way to move time and to come back after the process died. */
export interface StoreUnderTest {
  readonly store: ApprovalStore;
  advance(ms: number): void;
  /** Another process on the same state (the first is gone where only one may have it). */
  again(): Promise<ApprovalStore>;
  end(): Promise<void>;
}

/** What every store promises. */
export function storeSuite(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`the ${name} store`, () => {
    let under: StoreUnderTest;
    let store: ApprovalStore;
    beforeEach(async () => {
      under = await make();
      store = under.store;
    });
    afterEach(() => under.end());

    test("opens an ask once, and finds it again by its binding", async () => {
      const ask = anAsk();
      const first = await store.open(ask, record());
      const second = await store.open({ ...anAsk(), binding: ask.binding }, record());
      expect(first).toMatchObject({ kind: "open", fresh: true });
      expect(second).toMatchObject({ kind: "open", fresh: false });
      expect(second.approval.ask).toEqual(ask);
      expect(second.approval.standing.version).toBe(2);
    });

    test("lists, page by page, each of many that were asked in one moment, once", async () => {
      const asks = Array.from({ length: 60 }, (_, i) =>
        anAsk({ requester: { id: `idp:of-a-crowd-${i}`, aliases: [] } }),
      );
      await Promise.all(asks.map((ask) => store.open(ask, record())));
      const mine = new Set<string>(asks.map(({ id }) => id));
      const found: string[] = [];
      let page = await store.list({ limit: 7 });
      while (page.length > 0) {
        found.push(...page.map(({ ask }) => ask.id).filter((id) => mine.has(id)));
        page = await store.list({ limit: 7, before: placeOf(page.at(-1) as Approval) });
      }
      expect(found).toHaveLength(60);
      expect(new Set(found)).toEqual(mine);
    });

    test("keeps only so many pending of one requester, and finds those again", async () => {
      const requester = { id: "idp:greedy", aliases: [] };
      const asks = Array.from({ length: mostPending }, () => anAsk({ requester }));
      await Promise.all(asks.map((ask) => store.open(ask, record())));
      await expect(store.open(anAsk({ requester }), record())).rejects.toThrow(TooManyPending);
      const [first = anAsk(), second = anAsk()] = asks;
      expect(
        await store.open({ ...anAsk({ requester }), binding: first.binding }, record()),
      ).toMatchObject({ kind: "open", fresh: false });
      expect(await store.open(anAsk(), record())).toMatchObject({ fresh: true });
      await store.apply(first.id, approve("ann"));
      await store.apply(second.id, deny("ann"));
      expect(await store.open(anAsk({ requester }), record())).toMatchObject({ fresh: true });
      expect(await store.open(anAsk({ requester }), record())).toMatchObject({ fresh: true });
      await expect(store.open(anAsk({ requester }), record())).rejects.toThrow(TooManyPending);
      under.advance(15 * minute);
      expect(await store.open(anAsk({ requester }), record())).toMatchObject({ fresh: true });
    });

    test("two that open at the same time get the same approval", async () => {
      const asks = Array.from({ length: 8 }, () => ({ ...anAsk(), binding: "same" }));
      const found = await Promise.all(asks.map((ask) => store.open(ask, record())));
      expect(new Set(found.map(({ approval }) => approval.ask.id)).size).toBe(1);
      expect(found.filter((one) => one.kind === "open" && one.fresh)).toHaveLength(1);
    });

    test("is approved by one who may, and used up once though many try at the same time", async () => {
      const { approval } = await store.open(anAsk(), record());
      const { id } = approval.ask;
      expect(await store.apply(id, approve("ann"))).toMatchObject({ ok: true });
      const uses = await Promise.all(
        Array.from({ length: 8 }, () => store.consume([id], record())),
      );
      expect(uses.filter(({ ok }) => ok)).toHaveLength(1);
      expect(stateOf(await store.get(id))).toBe("consumed");
    });

    test("uses up several approvals together or not at all", async () => {
      const a = await store.open(anAsk(), record());
      const b = await store.open(anAsk(), record());
      const ids = [a.approval.ask.id, b.approval.ask.id] as const;
      await store.apply(ids[0], approve("ann"));
      expect(await store.consume(ids, record())).toEqual({ ok: false, error: "not_approved" });
      expect(stateOf(await store.get(ids[0]))).toBe("approved");
      await store.apply(ids[1], approve("ann"));
      expect(await store.consume(ids, record())).toMatchObject({ ok: true });
    });

    test("an approval that is used up answers no second request: a new one is opened", async () => {
      const ask = anAsk();
      await store.open(ask, record());
      await store.apply(ask.id, approve("ann"));
      await store.consume([ask.id], record());
      const again = await store.open({ ...anAsk(), binding: ask.binding }, record());
      expect(again).toMatchObject({ kind: "open", fresh: true });
      expect(again.approval.ask.id).not.toBe(ask.id);
    });

    test("keeps a denial for its whole time, so that a retry does not ask again", async () => {
      const ask = anAsk();
      await store.open(ask, record());
      await store.apply(ask.id, deny("ann"));
      const again = await store.open({ ...anAsk(), binding: ask.binding }, record());
      expect(stateOf(again.approval)).toBe("denied");
      under.advance(16 * minute);
      const later = await store.open({ ...anAsk(), binding: ask.binding }, record());
      expect(later).toMatchObject({ kind: "open", fresh: true });
    });

    test.each(["pending", "approved"] as const)(
      "expires what is %s and out of time",
      async (state) => {
        const ask = anAsk();
        await store.open(ask, record());
        if (state === "approved") await store.apply(ask.id, approve("ann"));
        under.advance(15 * minute);
        expect(await store.apply(ask.id, approve("bob"))).toMatchObject({ error: "expired" });
        expect(await store.consume([ask.id], record())).toMatchObject({ ok: false });
        await store.sweep();
        expect(stateOf(await store.get(ask.id))).toBe("expired");
        expect(await store.pending()).toEqual({ count: 0 });
      },
    );

    test("only the exchange that asked last may cancel", async () => {
      const [first, second] = [record(), record()];
      const ask = anAsk();
      await store.open(ask, first);
      await store.open({ ...anAsk(), binding: ask.binding }, second);
      expect(await store.apply(ask.id, { kind: "cancel", by: first })).toMatchObject({
        error: "superseded",
      });
      expect(await store.apply(ask.id, { kind: "cancel", by: second })).toMatchObject({ ok: true });
      expect(stateOf(await store.get(ask.id))).toBe("cancelled");
    });

    test("two people at the same time both count where two are needed", async () => {
      const ask = anAsk({ terms: { ...terms, count: 2 } });
      await store.open(ask, record());
      const words = await Promise.all(
        ["ann", "bob"].map((name) => store.apply(ask.id, approve(name))),
      );
      expect(words.every(({ ok }) => ok)).toBe(true);
      expect(stateOf(await store.get(ask.id))).toBe("approved");
    });

    test("a grant answers later asks of its scope until it is revoked", async () => {
      const grants = { scopes: ["session"], upTo: 60 * minute } as const;
      const ask = anAsk({ terms: { ...terms, grants } });
      await store.open(ask, record());
      const grant = { scope: "session", within: 30 * minute } as const;
      await store.apply(ask.id, { ...approve("ann"), grant });
      const like = { ...anAsk(), grantKeys: ask.grantKeys };
      expect(await store.open(like, record())).toMatchObject({
        kind: "granted",
        approval: { ask: { id: ask.id } },
      });
      await store.apply(ask.id, { kind: "revoke", by: person("bob") });
      expect(await store.open(like, record())).toMatchObject({ kind: "open", fresh: true });
    });

    test("a grant ends with its time", async () => {
      const grants = { scopes: ["resource"], upTo: 60 * minute } as const;
      const ask = anAsk({ terms: { ...terms, grants } });
      await store.open(ask, record());
      const grant = { scope: "resource", within: 5 * minute } as const;
      await store.apply(ask.id, { ...approve("ann"), grant });
      under.advance(5 * minute);
      const like = { ...anAsk(), grantKeys: ask.grantKeys };
      expect(await store.open(like, record())).toMatchObject({ kind: "open", fresh: true });
    });

    test("lists by state, newest first, page by page", async () => {
      const asks = [anAsk(), anAsk(), anAsk()];
      for (const ask of asks) {
        await store.open(ask, record());
        under.advance(1000);
      }
      await store.apply(asks[1]!.id, approve("ann"));
      const ids = async (query: Parameters<ApprovalStore["list"]>[0]) =>
        (await store.list(query)).map(({ ask }) => ask.id);
      expect(await ids({})).toEqual([asks[2]!.id, asks[1]!.id, asks[0]!.id]);
      expect(await ids({ state: "pending" })).toEqual([asks[2]!.id, asks[0]!.id]);
      expect(await ids({ state: "approved" })).toEqual([asks[1]!.id]);
      const [newest] = await store.list({ limit: 1 });
      expect(await ids({ before: { at: newest!.standing.askedAt }, limit: 1 })).toEqual([
        asks[1]!.id,
      ]);
      expect((await store.pending()).count).toBe(2);
    });

    test("tells each change to every watcher, until it stops watching", async () => {
      const seen: Change[] = [];
      let told = () => {};
      const stop = store.watch((change) => {
        seen.push(change);
        told();
      });
      const until = (count: number) =>
        new Promise<void>((resolve) => {
          told = () => seen.length >= count && resolve();
          told();
        });
      const ask = anAsk();
      await store.open(ask, record());
      await until(1);
      await store.apply(ask.id, approve("ann"));
      await until(2);
      stop();
      await store.consume([ask.id], record());
      expect(seen.map(({ id, state }) => [id, state])).toEqual([
        [ask.id, "pending"],
        [ask.id, "approved"],
      ]);
    });

    test("remembers everything when another process comes", async () => {
      const asks = [anAsk(), anAsk(), anAsk()] as const;
      for (const ask of asks) await store.open(ask, record());
      await store.apply(asks[0].id, approve("ann"));
      await store.apply(asks[1].id, deny("ann"));
      const before = await Promise.all(asks.map(({ id }) => store.get(id)));
      const other = await under.again();
      expect(await Promise.all(asks.map(({ id }) => other.get(id)))).toEqual(before);
      expect(await other.consume([asks[0].id], record())).toMatchObject({ ok: true });
      expect(await other.open({ ...anAsk(), binding: asks[2].binding }, record())).toMatchObject({
        fresh: false,
      });
    });

    test("keeps a notice of each new state for each sink, until it is delivered", async () => {
      const ask = anAsk({ terms: { ...terms, count: 2 } });
      await store.open(ask, record());
      await store.apply(ask.id, approve("ann"));
      const pending = (sink: string) => ({ sink, id: ask.id, state: "pending", attempts: 0 });
      const claimed = await store.outbox.claim(10, 1000);
      expect(claimed.toSorted(bySink)).toEqual([pending("hook"), pending("chat")].sort(bySink));
      expect(await store.outbox.claim(10, 1000)).toEqual([]);
      await store.outbox.done(claimed[0]!);
      await store.outbox.retry(claimed[1]!, 5000);
      await store.apply(ask.id, approve("bob"));
      const news = await store.outbox.claim(10, 1000);
      expect(news.map(({ state }) => state)).toEqual(["approved", "approved"]);
      under.advance(6000);
      const again = await store.outbox.claim(10, 1000);
      expect(again).toContainEqual({ ...claimed[1], attempts: 1 });
      expect(again).toHaveLength(3);
    });

    test("a notice that was not delivered is there after a restart", async () => {
      const ask = anAsk();
      await store.open(ask, record());
      const [first] = await store.outbox.claim(1, 1000);
      await store.outbox.done(first!);
      const other = await under.again();
      under.advance(2000);
      const left = await other.outbox.claim(10, 1000);
      expect(left.map(({ sink }) => sink)).toEqual([first!.sink === "hook" ? "chat" : "hook"]);
    });

    test("says so when it is asked of an approval that it does not know", async () => {
      const { id } = anAsk();
      expect(await store.get(id)).toBeUndefined();
      expect(await store.apply(id, approve("ann"))).toEqual({ ok: false, error: "unknown" });
      expect(await store.standings([id])).toEqual([undefined]);
    });
  });
}
