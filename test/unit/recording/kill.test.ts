import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bytesOf } from "../../../src/recording/entry.ts";
import { SessionReader } from "../../../src/recording/read-file.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";
import { openRecordingsIn, recordingKeys } from "../../support/recordings.ts";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

test("kill -9 while a hundred sessions are recorded: what was acknowledged is there, the rest is marked as cut", async () => {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "recording-child.ts"), folder.path],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    if (out.split("\n").length > 600) child.kill("SIGKILL");
  });
  await once(child, "close");
  // A line that the kill has cut acknowledges nothing.
  const acknowledged = out.slice(0, out.lastIndexOf("\n")).split("\n");
  expect(acknowledged.length).toBeGreaterThan(500);

  const { store } = await openRecordingsIn(folder.path);
  const reader = new SessionReader(folder.path, recordingKeys);
  const found = new Map<string, boolean>();
  for (let index = 0; index < 100; index++) {
    const session = `ses_${index}`;
    expect(store.index.get(session)?.state).toBe("cut");
    const read = await reader.session(session);
    if (!read.ok) throw new Error(read.error);
    for (const exchange of read.value.exchanges) {
      const { record } = exchange.opened;
      found.set(`${session} ${record}`, exchange.ended);
      if (!exchange.ended) continue;
      const parts: Buffer[] = [];
      for await (const piece of reader.pieces(exchange, "response")) parts.push(bytesOf(piece));
      expect(Buffer.concat(parts).toString()).toBe(`answer ${record}`);
    }
  }
  expect(acknowledged.filter((name) => found.get(name) !== true)).toEqual([]);
  expect([...found.values()]).toContain(false);
  await store.close();
}, 60_000);
