import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { beforeAll, describe, expect, it } from "vitest";
import { openKeys } from "../../../src/assembly/keys-file.ts";
import { openAuditLog } from "../../../src/audit/audit-log.ts";
import { populationLine } from "../../../src/audit/package/population.ts";
import { intentEntry } from "../../../src/audit/record/entry.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { auditEvidence } from "../../../src/cli/audit-evidence.ts";
import { auditExport } from "../../../src/cli/audit-export.ts";
import { auditHash } from "../../../src/cli/audit-hash.ts";
import { auditKey } from "../../../src/cli/audit-key.ts";
import { auditProof } from "../../../src/cli/audit-proof.ts";
import { auditRecords } from "../../../src/cli/audit-records.ts";
import { auditVerify } from "../../../src/cli/audit-verify.ts";
import type { Command } from "../../../src/cli/command.ts";
import { fingerprinter } from "../../../src/detection/mark.ts";
import { said } from "../../support/command.ts";
import { GoVerifier, hasGo } from "../tlog/go-verifier.ts";
import { ocsfProblems } from "./ocsf/check.ts";
import { freshDir, sampleCompletion, sampleIntent } from "./sample.ts";
import { type WrittenLog, writeLog } from "./written-log.ts";

let log: WrittenLog;
let cwd: string;
beforeAll(async () => {
  log = await writeLog(20);
  cwd = await freshDir();
  await writeFile(join(cwd, "older"), log.older);
  await writeFile(join(cwd, "key"), `${log.vkey}\n`);
});

const run = (command: Command, args: readonly string[], stdin = "") =>
  said(command, args, { cwd, stdin: Readable.from([stdin]) });

describe("audit verify", () => {
  it("says that a whole log is whole, with status 0", async () => {
    const { status, out } = await run(auditVerify, [
      "--dir",
      log.dir,
      "--key",
      "key",
      "--older",
      "older",
    ]);
    expect(out).toMatch(/^whole: sallyport\/audit, 84 entries of r1 \(84\)/);
    expect(status).toBe(0);
  });

  it("says what is wrong, with status 1", async () => {
    const broken = await writeLog(5);
    await writeFile(join(broken.dir, "log", "checkpoint"), broken.older);
    const wrong = await run(auditVerify, ["--dir", broken.dir, "--key", log.vkey, "--json"]);
    expect(wrong.status).toBe(1);
    expect(JSON.parse(wrong.out)).toMatchObject({ ok: false, problemCount: 1 });
  });

  it.each([
    ["no folder", ["--dir", "nowhere"]],
    ["a folder without a log", ["--dir", "."]],
    ["a bad key", ["--key", "x+y+z"]],
    ["an unknown option", ["--what"]],
    ["a proof without a key", ["x.tlog-proof"]],
  ])("takes %s for wrong usage, status 2", async (_, args) => {
    expect((await run(auditVerify, args)).status).toBe(2);
  });
});

describe("audit records and audit proof", () => {
  it("find a record and prove it to somebody who has only the key, ours or Go", async () => {
    const { status, out } = await run(auditRecords, [
      "--dir",
      log.dir,
      "--decision",
      "allow",
      "--limit",
      "1",
      "--json",
    ]);
    expect(status).toBe(0);
    const { intent } = JSON.parse(out);
    const proof = await run(auditProof, [intent.id, "--dir", log.dir]);
    expect(proof.status).toBe(0);
    const [file = "", record = ""] = proof.out.split("\n");
    expect((await run(auditVerify, [file, "--record", record, "--key", "key"])).out).toContain(
      intent.id,
    );
    expect((await run(auditVerify, [file, "--record", "older", "--key", "key"])).status).toBe(1);
    if (!hasGo()) return;
    const go = new GoVerifier();
    const job = { dir: join(log.dir, "log"), vkey: log.vkey, proofs: [file] };
    expect(await go.verify(job)).toBe("ok");
    await writeFile(file, (await readFile(file, "utf8")).replace(/index \d+/, "index 3"));
    expect(await go.verify(job)).toMatch(/^bad/);
    await go.stop();
  });

  it("say no with status 1, and wrong usage with status 2", async () => {
    expect((await run(auditProof, ["nobody", "--dir", log.dir])).status).toBe(1);
    expect((await run(auditProof, ["--dir", log.dir])).status).toBe(2);
    expect((await run(auditRecords, ["--dir", log.dir, "--from", "yesterday"])).status).toBe(2);
    const none = await run(auditRecords, ["--dir", log.dir, "--actor", "nobody"]);
    expect(none).toMatchObject({ status: 0, out: "There are none." });
  });
});

describe("audit export", () => {
  it("writes every exchange as events of OCSF 1.8, or as our lines", async () => {
    const ocsf = await run(auditExport, ["--dir", log.dir]);
    const events = ocsf.out.split("\n").map((line) => JSON.parse(line));
    expect(events).toHaveLength(80);
    expect(events.flatMap(ocsfProblems)).toEqual([]);
    const lines = await run(auditExport, ["--dir", log.dir, "--format", "lines"]);
    expect(lines.out.split("\n")).toHaveLength(40);
    const none = await run(auditExport, ["--dir", log.dir, "--to", "2000-01-01"]);
    expect(none).toMatchObject({ status: 0, out: "" });
    expect((await run(auditExport, ["--dir", log.dir, "--format", "xml"])).status).toBe(2);
  });
});

describe("audit key", () => {
  it("shows, rotates and retires the keys that sign", async () => {
    const { dir, vkey } = await writeLog(3);
    expect(await run(auditKey, ["--dir", dir])).toMatchObject({ status: 0, out: vkey });
    const rotated = (await run(auditKey, ["rotate", "--dir", dir])).out.split("\n");
    expect(rotated).toEqual([expect.not.stringContaining(vkey), vkey]);
    expect((await run(auditKey, ["retire", "--dir", dir])).out).toBe(rotated[0]);
    expect((await run(auditKey, ["burn", "--dir", dir])).status).toBe(2);
    expect((await run(auditKey, ["--dir", "."])).status).toBe(2);
  });
});

describe("audit evidence", () => {
  it("is a folder that sha256sum and the key alone can check, drawn alike by the same seed", async () => {
    const args = ["--dir", log.dir, "--key", "key", "--samples", "5", "--seed", "auditor's own"];
    const first = await run(auditEvidence, [...args, "--out", "first", "--json"]);
    expect(first).toMatchObject({ status: 0, err: "" });
    const { population, samples } = JSON.parse(first.out);
    expect([population, samples.length]).toEqual([40, 5]);
    const folder = join(cwd, "first");
    execFileSync("sha256sum", ["--check", "--quiet", "SHA256SUMS"], { cwd: folder });
    const lines = (await readFile(join(folder, "population.csv"), "utf8")).trim().split("\r\n");
    expect(lines).toHaveLength(41);
    for (const id of samples) {
      const sample = join(folder, "samples", id);
      const one = [`${sample}.tlog-proof`, "--record", `${sample}.record`, "--key", "key"];
      expect((await run(auditVerify, one)).status).toBe(0);
    }
    const again = await run(auditEvidence, [...args, "--out", "again", "--json"]);
    expect(JSON.parse(again.out).samples).toEqual(samples);
    expect((await run(auditEvidence, [...args, "--out", "again"])).status).toBe(2);
    expect((await run(auditEvidence, args)).status).toBe(2);
    const stated = await run(auditEvidence, ["--dir", log.dir, "--out", "stated", "--json"]);
    expect(stated).toMatchObject({ status: 0, err: "" });
    expect(JSON.parse(stated.out).report.trusted).toBe(false);
  });

  it("never lets a client's text become a formula or a second column", () => {
    const operation = { protocol: "git", name: "push", access: "write", attributes: {} } as const;
    const intent = intentEntry(
      sampleIntent({ operations: [{ ...operation, resource: '=1+1,"x"\r\n' }] }),
      (text) => text,
    );
    const line = populationLine({ kind: "exchange", replica: "r1", intent });
    expect(line).toContain(`,"'=1+1,""x""\r\n",`);
  });
});

describe("audit hash", () => {
  it("answers whether a secret was seen, and where, without ever writing it down", async () => {
    await writeFile(
      join(cwd, "sallyport.yaml"),
      `policy: ./policy.yaml
audit: { dir: ./data/audit }
state: { kind: embedded, dir: ./data }
connections:
  - { name: github-api, kind: github-api, hosts: [api.github.com], upstream: https://api.github.com }
`,
    );
    const secret = `gh${"p_"}${"b".repeat(36)}`;
    const fingerprint = fingerprinter(openKeys(join(cwd, "data", "keys")).fingerprint);
    const dir = join(cwd, "data", "audit");
    const audit = await openAuditLog({ dir, replica: "r1", clock: systemClock });
    const intent = sampleIntent();
    await audit.intent(intent);
    const finding = { rule: "github-pat", channel: "body", offset: 7, length: secret.length };
    const print = fingerprint(Buffer.from(secret));
    audit.complete(sampleCompletion(intent, { findings: [{ ...finding, fingerprint: print }] }));
    await audit.close();

    const seen = await run(auditHash, ["--json"], `${secret}\n`);
    expect(seen).toMatchObject({ status: 0, err: "" });
    expect(JSON.parse(seen.out)).toMatchObject({
      fingerprint: print,
      seen: true,
      records: [{ intent: { id: intent.id } }],
    });
    expect((await run(auditHash, [secret, "--json"])).out).toBe(seen.out);
    const never = await run(auditHash, [`${secret}x`]);
    expect(never).toMatchObject({ status: 1, err: "" });
    expect(never.out).toMatch(/: never seen$/);
    expect(() => execFileSync("grep", ["-r", secret, cwd])).toThrow();
  });
});
