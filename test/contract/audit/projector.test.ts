import { join } from "node:path";
import { expect, test } from "vitest";
import { Projector } from "../../../src/audit/projection/projector.ts";
import type { LoggedRecord, LoggedRecords } from "../../../src/audit/wal/log-file.ts";
import { Wal } from "../../../src/audit/wal/wal.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { temporaryFolder } from "../../support/folder.ts";

const subjects = Array.from({ length: 20 }, (_, at) => `subject-${at}`);

/** The same records, of which the twelfth cannot be read, the first time. */
function failingOnce(): (records: LoggedRecords) => LoggedRecords {
  let failed = false;
  return (records) => {
    if (failed) return records;
    failed = true;
    return (async function* cut(): AsyncGenerator<LoggedRecord> {
      let count = 0;
      for await (const record of records) {
        if (count++ === 12) throw new Error("the disk cannot read that now");
        yield record;
      }
    })();
  };
}

test("what was read before a record that cannot be read yet is delivered all the same", async () => {
  const folder = await temporaryFolder();
  const [dir, cursor] = [join(folder.path, "wal"), join(folder.path, "cursor")];
  const wal = await Wal.open({ dir, replica: "one", clock: systemClock });
  for (const subject of subjects)
    await wal.append({
      kind: "act",
      act: { action: "key.rotate", actor: "a", subject, outcome: "success" },
    });
  const cut = failingOnce();
  const told: string[] = [];
  const projector = await Projector.start({
    dir,
    cursor,
    clock: systemClock,
    wal: {
      segments: () => wal.segments(),
      onDurable: (listener) => wal.onDurable(listener),
      records: (from, follower) => cut(wal.records(from, follower)),
    },
    send: async (items) => {
      for (const item of items) if (item.kind === "act") told.push(item.act.subject);
      return { kind: "accepted" };
    },
  });
  await expect.poll(() => told.length, { timeout: 10_000 }).toBe(subjects.length);
  expect(told).toEqual(subjects);
  await projector.stop();
  await wal.close();
  await folder.remove();
});
