import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { SessionReader } from "../../../src/recording/read.ts";
import { openRecordingsIn, recordingKeys } from "../../support/recordings.ts";
import { type Place, places } from "../../support/shelves.ts";

const open: Place[] = [];
afterEach(async () => {
  for (const place of open.splice(0)) await place.remove();
});

test.each(places)(
  "in %s, kill -9 while a hundred sessions are recorded: what was acknowledged is there, the rest is marked as cut",
  async (_, start) => {
    const place = await start();
    open.push(place);
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, "recording-child.ts"), JSON.stringify(place.name)],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    // A bucket takes a request for each session and round.
    const enough = place.s3 === undefined ? 600 : 200;
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      if (out.split("\n").length > enough) child.kill("SIGKILL");
    });
    await once(child, "close");
    // A line that the kill has cut acknowledges nothing.
    const acknowledged = out.slice(0, out.lastIndexOf("\n")).split("\n");
    expect(acknowledged.length).toBeGreaterThan(enough - 100);

    const { store } = await openRecordingsIn(place.shelf());
    const reader = new SessionReader(place.shelf(), recordingKeys);
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
        const parts: Uint8Array[] = [];
        for await (const { bytes } of reader.pieces(exchange, "response")) parts.push(bytes);
        expect(Buffer.concat(parts).toString()).toBe(`answer ${record}`);
      }
    }
    expect(acknowledged.filter((name) => found.get(name) !== true)).toEqual([]);
    expect([...found.values()]).toContain(false);
    await store.close();
  },
  60_000,
);
