import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEmbeddedStore } from "../../../src/approvals/embedded.ts";
import type { ApprovalStore } from "../../../src/approvals/store.ts";
import {
  anAsk,
  approve,
  ManualClock,
  minute,
  record,
  terms,
} from "../../contract/approvals/scene.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";

describe("the approvals journal", () => {
  let folder: Folder;
  let store: ApprovalStore | undefined;
  const clock = new ManualClock();
  const open = async (options: object = {}) => {
    store = await openEmbeddedStore({ dir: folder.path, clock, sinks: ["hook"], ...options });
    return store;
  };
  const close = async () => {
    await store?.close();
    store = undefined;
  };
  const journal = async () => {
    const names = (await readdir(folder.path)).filter((name) => name.startsWith("journal-"));
    expect(names).toHaveLength(1);
    return join(folder.path, names[0] ?? "");
  };
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await close();
    await folder.remove();
  });

  test("is rewritten when it has grown, and says the same afterwards: approvals, grants, notices", async () => {
    const grants = { scopes: ["session"], upTo: 60 * minute } as const;
    const first = await open({ rewriteAfter: 1 });
    const asks = [anAsk({ terms: { ...terms, grants } }), anAsk(), anAsk()] as const;
    for (const ask of asks) await first.open(ask, record());
    const grant = { scope: "session", within: 30 * minute } as const;
    await first.apply(asks[0].id, { ...approve("ann"), grant });
    const [told, later] = await first.outbox.claim(2, 1000);
    await first.outbox.done(told!);
    await first.outbox.retry(later!, minute);
    const before = await first.list({});
    const name = await journal();
    const size = (await stat(name)).size;
    await first.sweep();
    expect(await journal()).not.toBe(name);
    expect((await stat(await journal())).size).toBeLessThan(size);
    await first.apply(asks[1].id, approve("ann"));
    await close();
    const second = await open();
    expect((await second.list({})).map(({ ask }) => ask)).toEqual(before.map(({ ask }) => ask));
    expect((await second.get(asks[1].id))?.standing.state).toBe("approved");
    const like = { ...anAsk(), grantKeys: asks[0].grantKeys };
    expect(await second.open(like, record())).toMatchObject({ kind: "granted" });
    clock.advance(minute);
    const due = (await second.outbox.claim(10, 1000)).map(({ id, state, attempts }) => [
      id,
      state,
      attempts,
    ]);
    expect(due).toHaveLength(4);
    expect(due).toContainEqual([later!.id, later!.state, 1]);
    expect(due).toContainEqual([asks[1].id, "approved", 0]);
  });

  test("forgets what was over long ago, but not what still holds", async () => {
    const first = await open({ rewriteAfter: 1, keep: 60 * minute });
    const ask = anAsk();
    await first.open(ask, record());
    clock.advance(20 * minute);
    await first.sweep();
    clock.advance(120 * minute);
    await first.open(anAsk(), record());
    await first.sweep();
    expect(await first.get(ask.id)).toBeUndefined();
  });

  test("drops a line that was being written when the process died, at every length of it", async () => {
    const ask = anAsk();
    await (await open()).open(ask, record());
    await close();
    const whole = await readFile(await journal());
    const other = anAsk();
    await (await open()).open(other, record());
    await close();
    const longer = await readFile(await journal());
    for (let cut = whole.length; cut < longer.length; cut += 97) {
      await writeFile(await journal(), longer.subarray(0, cut));
      const torn = await open();
      expect((await torn.get(ask.id))?.standing.state).toBe("pending");
      expect(await torn.get(other.id)).toBeUndefined();
      expect(await torn.open({ ...other }, record())).toMatchObject({ fresh: true });
      await close();
    }
  });

  test("refuses to open when a line in the middle has been changed", async () => {
    const first = await open();
    for (let i = 0; i < 3; i++) await first.open(anAsk(), record());
    await close();
    const name = await journal();
    const text = await readFile(name, "utf8");
    await writeFile(name, text.replace('"state":"pending"', '"state":"approved"'));
    await expect(open()).rejects.toThrow("damaged");
  });

  test("lets no second process in", async () => {
    await open();
    await writeFile(join(folder.path, "lock"), "1");
    await expect(openEmbeddedStore({ dir: folder.path, clock })).rejects.toThrow("process 1");
  });

  test("takes over from a process that is gone", async () => {
    await open();
    await close();
    await writeFile(join(folder.path, "lock"), "4194303999");
    await open();
  });

  test("is for its owner's eyes", async () => {
    await open();
    expect((await stat(await journal())).mode & 0o077).toBe(0);
  });
});
