import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildGitleaks } from "../gitleaks/build.ts";

const cache = join(import.meta.dirname, "..", "..", "..", ".cache", "secretlint-13.0.7");

/** Reads a text for secrets; resolves to the processor seconds that this took. */
export type Peer = (text: Buffer) => Promise<number>;

/** secretlint with its recommended rules, in this process; fetched from npm once. Throws where it cannot be had. */
export async function secretlint(): Promise<Peer> {
  const names = ["core", "secretlint-rule-preset-recommend"].map((name) => `@secretlint/${name}`);
  if (!existsSync(join(cache, "node_modules"))) {
    mkdirSync(cache, { recursive: true });
    const packages = names.map((name) => `${name}@13.0.7`);
    execFileSync("npm", ["install", "--no-fund", "--no-audit", "--prefix", cache, ...packages], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  const [core, preset] = await Promise.all(
    names.map((name) => import(join(cache, "node_modules", name, "module/index.js"))),
  );
  const rules = [{ id: names[1], rule: preset.creator }];
  return async (text) => {
    const content = text.toString();
    const source = { filePath: "a.txt", content, contentType: "text" };
    const from = process.cpuUsage();
    await core.lintSource({ source, options: { config: { rules }, noPhysicFilePath: true } });
    const { user, system } = process.cpuUsage(from);
    return (user + system) / 1e6;
  };
}

/** gitleaks with its default rules, as a process of its own; what it takes to start is taken off. */
export function gitleaks(): Peer {
  const { binary } = buildGitleaks();
  const scan = (text: Buffer): number => {
    const folder = mkdtempSync(join(tmpdir(), "gitleaks-"));
    writeFileSync(join(folder, "a.txt"), text);
    const script = `"$0" dir --no-banner --exit-code 0 "$1" >/dev/null 2>&1; times`;
    const printed = execFileSync("sh", ["-c", script, binary, folder]).toString();
    rmSync(folder, { recursive: true });
    // The second line: what the shell's children used, user and system, as 0m1.234s.
    const [, children = ""] = printed.split("\n");
    return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
      (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
      0,
    );
  };
  const start = Math.min(scan(Buffer.alloc(0)), scan(Buffer.alloc(0)));
  return async (text) => Math.max(scan(text) - start, 0.001);
}
