import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openAuditLog } from "../../../src/audit/audit-log.ts";
import { intentEntry } from "../../../src/audit/record/entry.ts";
import { verifyLog } from "../../../src/audit/transparency/verify-file.ts";
import { Upkeep } from "../../../src/audit/upkeep.ts";
import { firstRecord } from "../../../src/audit/wal/log-file.ts";
import { Wal } from "../../../src/audit/wal/wal.ts";
import { type Clock, systemClock } from "../../../src/base/clock.ts";
import { closing, open } from "./opened.ts";
import { recorded } from "./recorded.ts";
import { freshDir, sampleCompletion, sampleIntent } from "./sample.ts";

describe("a folder in use", () => {
  it("is not opened by a second one, until the first is closed", async () => {
    const dir = await freshDir();
    const first = await open(dir);
    await expect(openAuditLog({ dir, replica: "r2", clock: systemClock })).rejects.toThrow(
      /in use/,
    );
    await first.close();
    await open(dir);
  });
});

describe("retention", () => {
  it("removes what is old, delivered and in a checkpoint, says so, and the log still verifies", async () => {
    const dir = await freshDir();
    const clock = new StepClock();
    const audit = await open(dir, {
      clock,
      segmentBytes: 8192,
      retention: { days: 30 },
      deadline: 30_000,
    });
    for (let count = 0; count < 40; count++) {
      const intent = sampleIntent();
      await audit.intent(intent);
      audit.complete(sampleCompletion(intent));
    }
    const before = (await readdir(join(dir, "wal", "r1"))).length;
    await clock.pass(61_000, () => audit.counts().logSize >= 80);
    clock.skip(31 * 86_400_000);
    await clock.pass(61_000, () => true);
    await until(async () => (await readdir(join(dir, "wal", "r1"))).length < before);
    await audit.close();
    const records = await recorded(dir, "r1");
    expect(records[0]?.n).toBeGreaterThan(0);
    const pruned = records.filter(
      ({ event }) => event.kind === "act" && event.act.action === "audit.prune",
    );
    expect(pruned.length).toBeGreaterThan(0);
    expect(await verifyLog({ dir, keys: [], older: [] })).toMatchObject({
      value: { ok: true, problems: [] },
    });
  });

  it("removes only what it has announced, also when a minute's work takes longer than a minute", async () => {
    const dir = await freshDir();
    const clock = new StepClock();
    const wal = await Wal.open({
      dir,
      replica: "r1",
      clock,
      segmentBytes: 4096,
      deadline: 30_000,
    });
    closing.push(() => wal.close());
    for (let count = 0; count < 40; count++)
      await wal.append({ kind: "intent", intent: intentEntry(sampleIntent(), (text) => text) });
    const begun = wal.segments().slice(1, 4);
    const places = begun.map(({ segment }) => firstRecord(join(dir, segment)));
    const firsts = (await Promise.all(places)).map(({ n }) => n);
    const stays = begun.at(-1)?.segment ?? "";
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    clock.skip(31 * 86_400_000);
    const upkeep = new Upkeep({
      wal,
      clock,
      retention: { days: 30 },
      floors: () => [{ segment: stays, offset: 0 }],
      chores: async () => undefined,
      first: async (segment) => {
        asked.resolve();
        await answered.promise;
        return firstRecord(join(dir, segment));
      },
    });
    await asked.promise;
    // The first look is held up until a minute has gone by twice.
    await clock.pass(61_000, () => true);
    await clock.pass(61_000, () => true);
    answered.resolve();
    await upkeep.stop();
    const announced: number[] = [];
    for await (const { record } of wal.records(undefined))
      if (record.event.kind === "act") announced.push(Number(record.event.act.subject));
    expect(announced).toEqual(firsts);
    expect(wal.segments()[0]?.segment).toBe(stays);
  });

  it("takes nothing new while there is no room that may be made", async () => {
    const dir = await freshDir();
    const otlp = { url: "http://127.0.0.1:9" };
    const audit = await open(dir, { otlp, segmentBytes: 4096, retention: { bytes: 20_000 } });
    const intents = Array.from({ length: 100 }, () => sampleIntent());
    const outcomes = [];
    for (const intent of intents)
      outcomes.push(
        await audit.intent(intent).then(
          () => 1,
          () => 0,
        ),
      );
    expect(outcomes.slice(0, 5)).toEqual([1, 1, 1, 1, 1]);
    expect(outcomes.at(-1)).toBe(0);
    expect(audit.ready().ok).toBe(false);
  });
});

/** Real timers for short waits; time itself, and waits of a minute, move when they are told. */
class StepClock implements Clock {
  #ahead = 0;
  #long: { at: number; callback: () => void }[] = [];

  now(): number {
    return Date.now() + this.#ahead;
  }

  after(ms: number, callback: () => void): () => void {
    if (ms < 20_000) return systemClock.after(Math.min(ms, 20), callback);
    const entry = { at: this.now() + ms, callback };
    this.#long.push(entry);
    return () => {
      this.#long = this.#long.filter((other) => other !== entry);
    };
  }

  skip(ms: number): void {
    this.#ahead += ms;
  }

  async pass(ms: number, ready: () => boolean): Promise<void> {
    await until(ready);
    this.#ahead += ms;
    const due = this.#long.filter((entry) => entry.at <= this.now());
    this.#long = this.#long.filter((entry) => !due.includes(entry));
    for (const { callback } of due) callback();
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
