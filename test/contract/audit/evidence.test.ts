import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openAuditLog } from "../../../src/audit/audit-log.ts";
import { queryRecords } from "../../../src/audit/index/query-file.ts";
import { retireKeys, rotateKey } from "../../../src/audit/transparency/keys-file.ts";
import { verifyProof } from "../../../src/audit/transparency/proof-file.ts";
import { verifyLog } from "../../../src/audit/transparency/verify-file.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { parseVerifier, type Verifier } from "../../../src/tlog/key.ts";
import { open } from "./opened.ts";
import { freshDir, sampleIntent } from "./sample.ts";
import { type WrittenLog, writeLog } from "./written-log.ts";

function verifier(vkey: string): Verifier {
  const parsed = parseVerifier(vkey);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

async function vkeys(dir: string): Promise<readonly Verifier[]> {
  const text = await readFile(join(dir, "log", "vkeys"), "utf8");
  return text.trim().split("\n").map(verifier);
}

async function problems(dir: string, over: { keys?: readonly Verifier[]; older?: string[] } = {}) {
  const report = await verifyLog({ dir, keys: [], older: [], ...over });
  if (!report.ok) throw new Error(report.error);
  expect(report.value.ok).toBe(report.value.problemCount === 0);
  return report.value.problems;
}

describe("the records beside a log", () => {
  let log: WrittenLog;
  beforeAll(async () => {
    log = await writeLog(60, 16 << 10);
  });

  async function copy(): Promise<{ dir: string; segments: string[]; wal: string }> {
    const dir = await freshDir();
    await cp(log.dir, dir, { recursive: true });
    const wal = join(dir, "wal", "r1");
    return { dir, wal, segments: (await readdir(wal)).sort() };
  }

  it("are whole as they were written", async () => {
    const report = await verifyLog({
      dir: log.dir,
      keys: [verifier(log.vkey)],
      older: [log.older],
    });
    expect(report).toMatchObject({
      value: { ok: true, trusted: true, replicas: { r1: 244 }, records: { compared: 244 } },
    });
  });

  it.each([
    ["the first", 0],
    ["a middle", 3],
    ["the last", -1],
  ])("show that %s segment was removed", async (_, at) => {
    const { dir, wal, segments } = await copy();
    await rm(join(wal, segments.at(at) ?? ""));
    expect(await problems(dir)).not.toEqual([]);
  });

  it("show that all were removed", async () => {
    const { dir, wal, segments } = await copy();
    for (const segment of segments) await rm(join(wal, segment));
    expect(await problems(dir)).not.toEqual([]);
  });

  it("show each changed byte, and each cut", async () => {
    const { dir, wal, segments } = await copy();
    for (const segment of [segments[0], segments[2], segments.at(-1)]) {
      const path = join(wal, segment ?? "");
      const bytes = await readFile(path);
      for (let at = 0; at < bytes.length; at += 2999) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ 0x20;
        await writeFile(path, changed);
        expect(await problems(dir), `${segment} byte ${at}`).not.toEqual([]);
      }
      await writeFile(path, bytes.subarray(0, bytes.length - 40));
      expect(await problems(dir), `${segment} cut`).not.toEqual([]);
      await writeFile(path, bytes);
    }
    expect(await problems(dir)).toEqual([]);
  });

  it("may go on beyond the checkpoint, and are not opened again when the log lost some", async () => {
    const { dir, wal, segments } = await copy();
    const last = join(wal, segments.at(-1) ?? "");
    await writeFile(last, (await readFile(last)).subarray(0, -200));
    await expect(openAuditLog({ dir, replica: "r1", clock: systemClock })).rejects.toThrow(
      /has lost records|is not the one/,
    );
  });
});

describe("a log that does not agree with what was signed last", () => {
  it.each([
    [
      "a memory older than the checkpoint",
      async (dir: string, older: string) => writeFile(join(dir, "keys", "signed"), older),
      /ahead/,
    ],
    [
      "no memory of the last signature",
      async (dir: string) => rm(join(dir, "keys", "signed")),
      /memory/,
    ],
    [
      "a checkpoint of nobody",
      async (dir: string) =>
        writeFile(join(dir, "log", "checkpoint"), "x\n0\n\n\n\u2014 x AAAAAAAA\n"),
      /checkpoint/,
    ],
    [
      "a changed tile",
      async (dir: string) =>
        writeFile(
          join(dir, "log", "tile", "0", "000.p", String((await logSize(dir)) % 256)),
          Buffer.alloc(32 * ((await logSize(dir)) % 256)),
        ),
      /lead/,
    ],
    ["another key", async (dir: string) => rm(join(dir, "keys", "signing.key")), /no known key/],
  ])("(%s) is not signed again", async (_, tamper, message) => {
    const { dir, older } = await writeLog(20);
    await tamper(dir, older);
    await expect(openAuditLog({ dir, replica: "r1", clock: systemClock })).rejects.toThrow(message);
  });

  it("after a crash between signing and publishing is published as it was signed", async () => {
    const { dir, older } = await writeLog(20);
    const signed = await readFile(join(dir, "keys", "signed"), "utf8");
    await writeFile(join(dir, "log", "checkpoint"), older);
    const audit = await open(dir);
    expect(audit.checkpoint()).toBe(signed);
    await audit.close();
    expect(await problems(dir, { older: [older, signed] })).toEqual([]);
  });
});

async function logSize(dir: string): Promise<number> {
  return Number((await readFile(join(dir, "log", "checkpoint"), "utf8")).split("\n")[1]);
}

describe("a proof", () => {
  it("of one record is checked offline with the key alone, and of no other record", async () => {
    const dir = await freshDir();
    const audit = await open(dir, { checkpointEvery: 20 });
    const intents = Array.from({ length: 30 }, () => sampleIntent());
    for (const intent of intents) await audit.intent(intent);
    await until(() => audit.counts().logSize >= 30);
    const intent = intents[17];
    const proof = await audit.proof(intent?.id ?? "");
    if (!proof.ok) throw new Error(proof.error);
    const trust = { origin: "sallyport/audit", keys: await vkeys(dir) };
    expect(verifyProof(proof.value, trust)).toMatchObject({ ok: true, value: { id: intent?.id } });
    const other = { ...trust, origin: "someone/else" };
    expect(verifyProof(proof.value, other).ok).toBe(false);
    expect(verifyProof(proof.value, trust, Buffer.from("another record")).ok).toBe(false);
    const lines = proof.value.split("\n");
    for (const [at, line] of lines.entries()) {
      if (line === "") continue;
      const changed = lines.toSpliced(
        at,
        1,
        `${line.slice(0, -2)}${line.endsWith("A=") ? "B=" : "A="}`,
      );
      expect(verifyProof(changed.join("\n"), trust).ok, line).toBe(false);
    }
    expect(await audit.proof("nobody")).toEqual({
      ok: false,
      error: "there is no record of that id",
    });
  });
});

describe("keys", () => {
  it("are rotated without breaking who trusts the old one, and retired", async () => {
    const { dir } = await writeLog(10);
    const [old] = await vkeys(dir);
    const fresh = verifier(await rotateKey(join(dir, "keys")));
    await (await open(dir)).close();
    expect(await problems(dir, { keys: [old as Verifier] })).toEqual([]);
    expect(await problems(dir, { keys: [fresh] })).toEqual([]);
    expect(await retireKeys(join(dir, "keys"))).toEqual([old?.vkey]);
    await (await open(dir)).close();
    expect(await problems(dir, { keys: [fresh] })).toEqual([]);
    expect(await problems(dir, { keys: [old as Verifier] })).not.toEqual([]);
    const changes = await queryRecords(dir, { keys: [["action", "key.change"]] });
    expect(changes.map(({ item }) => item)).toMatchObject([
      { act: { subject: fresh.id, detail: `no longer signing: ${old?.id}` } },
      { act: { subject: `${fresh.id},${old?.id}` } },
    ]);
  });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
