import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { beforeAll, describe, expect, it } from "vitest";
import { auditEvidence } from "../../../src/cli/audit-evidence.ts";
import { ageDecrypt } from "../../../src/recording/keys.ts";
import { said } from "../../support/command.ts";
import { GoVerifier, hasGo } from "../tlog/go-verifier.ts";
import { freshDir } from "./sample.ts";
import { type WrittenLog, writeLog } from "./written-log.ts";

let log: WrittenLog;
let cwd: string;
beforeAll(async () => {
  log = await writeLog(20);
  cwd = await freshDir();
});

async function evidence(...args: readonly string[]): Promise<number> {
  const asked = ["--dir", log.dir, "--key", log.vkey, ...args];
  return (await said(auditEvidence, asked, { cwd })).status;
}

/** Unpacked by somebody else's ZIP, on a machine that has Python and coreutils alone. */
function unpack(zip: string, into: string): string {
  execFileSync("python3", ["-m", "zipfile", "-e", join(cwd, zip), join(cwd, into)]);
  return join(cwd, into);
}

describe("an evidence package", () => {
  it("is checked by the commands of its own README, and by nothing of ours", async () => {
    expect(
      await evidence("--out", "one", "--zip", "one.zip", "--seed", "s", "--samples", "5"),
    ).toBe(0);
    const folder = unpack("one.zip", "unpacked");
    const commands = readFileSync(join(folder, "README.txt"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("    "))
      .map((line) => line.trim().replace("NAME+ID+KEY", log.vkey));
    expect(commands).toHaveLength(2);
    const shell = (command: string) =>
      spawnSync("sh", ["-c", command], {
        cwd: folder,
        env: { PATH: "/usr/bin:/bin" },
        encoding: "utf8",
      });
    for (const command of commands) expect(shell(command)).toMatchObject({ status: 0 });
    expect(shell(commands[1] ?? "").stdout).toContain("5 samples proven");
    const { growth, samples: names } = JSON.parse(
      readFileSync(join(folder, "report.json"), "utf8"),
    );
    expect(growth.from).toBeGreaterThan(0);
    expect(growth.to).toBeGreaterThan(growth.from);
    expect(shell(commands[1] ?? "").stdout).toContain(`grown from ${growth.from} to ${growth.to}`);
    if (hasGo()) {
      const go = new GoVerifier();
      expect(await go.verify({ dir: "", vkey: log.vkey, package: folder })).toBe("ok");
      await go.stop();
    }
    expect(names).toHaveLength(5);

    const [sample = ""] = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")).samples;
    for (const name of [
      `samples/${sample}.record`,
      `samples/${sample}.tlog-proof`,
      "population.csv",
      "consistency",
      "checkpoint.older",
    ]) {
      const path = join(folder, name);
      const whole = readFileSync(path);
      const changed = Buffer.from(whole);
      const at = Math.floor(changed.length / 3);
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(path, changed);
      expect(shell(commands[0] ?? "").status).not.toBe(0);
      // Also where the sums were made to fit.
      const sums = readFileSync(join(folder, "SHA256SUMS"), "utf8");
      execFileSync(
        "sh",
        [
          "-c",
          "find . -type f ! -name SHA256SUMS -printf '%P\\n' | sort | xargs sha256sum > SHA256SUMS",
        ],
        { cwd: folder },
      );
      if (name !== "population.csv") expect(shell(commands[1] ?? "").status).not.toBe(0);
      writeFileSync(path, whole);
      writeFileSync(join(folder, "SHA256SUMS"), sums);
    }
    const stranger = log.vkey.replace(/[A-Za-z0-9+/]{4}=*$/, "AAAA");
    expect(shell(`python3 verify.py '${stranger}'`).status).not.toBe(0);
  }, 60_000);

  it("proves growth from a checkpoint that the auditor has kept, or refuses one that is not of this log", async () => {
    writeFileSync(join(cwd, "kept"), log.older);
    expect(await evidence("--out", "grown", "--older", "kept", "--samples", "1")).toBe(0);
    const { growth } = JSON.parse(readFileSync(join(cwd, "grown", "report.json"), "utf8"));
    expect(growth.from).toBe(Number(log.older.split("\n")[1]));
    const other = await writeLog(1);
    writeFileSync(join(cwd, "other"), other.older);
    expect(await evidence("--out", "strange", "--older", "other")).toBe(2);
    expect(await evidence("--out", "none", "--older", "missing")).toBe(2);
  });

  it("is for its recipient alone where one is named", async () => {
    const identity = await generateX25519Identity();
    const recipient = await identityToRecipient(identity);
    expect(await evidence("--out", "sealed", "--zip", "sealed.zip", "--recipient", recipient)).toBe(
      0,
    );
    expect(existsSync(join(cwd, "sealed.zip"))).toBe(false);
    const opened = await ageDecrypt(readFileSync(join(cwd, "sealed.zip.age")), identity);
    if (!opened.ok) throw new Error(opened.error);
    writeFileSync(join(cwd, "sealed.zip"), opened.value);
    const folder = unpack("sealed.zip", "sealed-unpacked");
    expect(existsSync(join(folder, "README.txt"))).toBe(true);
  });

  it("holds the population of one control, and knows no others", async () => {
    expect(await evidence("--out", "two", "--control", "CC8.1", "--samples", "2")).toBe(0);
    const report = JSON.parse(readFileSync(join(cwd, "two", "report.json"), "utf8"));
    expect(report.control).toBe("CC8.1");
    expect(await evidence("--out", "three", "--control", "CC99")).toBe(2);
  });
});
