import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { openAuditLog } from "../../../src/audit/audit-log.ts";
import { verifyLog } from "../../../src/audit/transparency/verify-file.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { OtlpReceiver } from "./otlp-receiver.ts";
import { recorded } from "./recorded.ts";
import { freshDir } from "./sample.ts";

const rounds = Number(process.env["AUDIT_KILL_ROUNDS"] ?? 50);

// Without it a child spends most of its life compiling.
const cache = mkdtempSync(join(tmpdir(), "sallyport-cache-"));

/** Runs the child until it is killed at a random moment; gives the ids that it was told are durable. */
async function killOnce(dir: string, url: string): Promise<readonly string[]> {
  const script = join(import.meta.dirname, "kill-child.ts");
  const child = spawn(process.execPath, [script, dir, url], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
  const acked: string[] = [];
  // Some die while they recover, some in full swing.
  const afterLines = Math.random() < 0.2 ? 0 : Math.floor(Math.random() * 120);
  const delay = Math.random() * 12;
  let seen = 0;
  const kill = () => setTimeout(() => child.kill("SIGKILL"), delay);
  let armed = afterLines === 0 && Math.random() < 0.5;
  if (armed) setTimeout(() => child.kill("SIGKILL"), 60 + Math.random() * 250);
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    if (line !== "open") acked.push(line);
    seen += 1;
    if (!armed && seen > afterLines) {
      armed = true;
      kill();
    }
  });
  await Promise.all([once(child, "exit"), once(lines, "close")]);
  return acked;
}

describe("kill -9", () => {
  it(`${rounds} times loses no acknowledged record, leaves no gap, and delivers every exchange`, async () => {
    const dir = await freshDir();
    const receiver = new OtlpReceiver();
    const url = await receiver.start();
    const acked: string[] = [];
    for (let round = 0; round < rounds; round++) acked.push(...(await killOnce(dir, url)));
    const audit = await openAuditLog({ dir, replica: "r1", clock: systemClock, otlp: { url } });
    await receiver.until(() => audit.counts().delivered && audit.counts().trouble === undefined);
    await audit.close();
    await receiver.stop();

    const records = await recorded(dir, "r1");
    const intents = records.flatMap(({ event }) =>
      event.kind === "intent" ? [event.intent.id as string] : [],
    );
    const ended = records.flatMap(({ event }) => {
      if (event.kind === "completion") return [event.completion.id as string];
      return event.kind === "lost" ? [event.id] : [];
    });
    const kept = new Set(intents);
    const spans = receiver.servers();
    expect(acked.length).toBeGreaterThan(rounds);
    expect(acked.filter((id) => !kept.has(id))).toEqual([]);
    expect(intents.length).toBe(kept.size);
    expect(records.map((record) => record.n)).toEqual(records.map((_, index) => index));
    const endings = new Set(ended);
    expect(endings.size).toBe(ended.length);
    expect(intents.filter((id) => !endings.has(id) || !spans.has(id))).toEqual([]);
    expect(await verifyLog({ dir, keys: [], older: [] })).toMatchObject({
      value: { ok: true, problems: [], records: { unpublished: 0 } },
    });
    const boots = new Set(records.map((record) => record.boot)).size;
    const torn = receiver.spans.filter((span) => span.kind === "SPAN_KIND_SERVER").length;
    console.log(
      `${rounds} kills, ${boots} boots, ${acked.length} acknowledged, 0 lost, ${intents.length} recorded, ${torn - spans.size} spans sent again`,
    );
  }, 3_600_000);
});
