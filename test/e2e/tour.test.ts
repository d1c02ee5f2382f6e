import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../support/clients.ts";

const root = join(import.meta.dirname, "..", "..");

test("the first run shows allow, mask, block, and park until approved, and ends cleanly", async () => {
  const child = spawn(process.execPath, [join(root, "src", "main.ts"), "start"], {
    cwd: root,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "/",
      SALLYPORT_ANY_PORT: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const ended = once(child, "close");
  void ended.then(() => {
    output += "(ended)";
  });
  try {
    await expect.poll(() => output, { timeout: 100_000 }).toMatch(/sallyport-ready |\(ended\)/);
    expect(output).not.toContain("(ended)");
    for (const words of [
      "< 401",
      "authorization: token **** (the stored credential; the job's token is gone)",
      "the client got a mark in its place",
      "Workflows decide what CI may do.",
      '"state": "approved"',
      "it has landed",
      "main-needs-a-person",
    ])
      expect(output).toContain(words);
    const ready = JSON.parse(/^sallyport-ready (\{.*\})$/m.exec(output)?.[1] ?? "{}");
    expect(Object.keys(ready).sort()).toEqual([
      "api",
      "ca",
      "console",
      "forward",
      "metrics",
      "proxy",
    ]);
    const said = await byHand(/^export .+$/m.exec(output)?.[0] ?? "");
    expect(said).toContain("[REDACTED:github-token:");
    expect(said).toMatch(/"name": ?"by-hand"/);
    expect(said).toMatch(/repository\.create/);
  } finally {
    child.kill("SIGTERM");
  }
  expect(await ended).toEqual([0, null]);
}, 150_000);

/** The README's own block, in a shell, after the line that the program printed. */
async function byHand(exported: string): Promise<string> {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const [, block = ""] = /^By hand.*?```sh\n(.*?)```/ms.exec(readme) ?? [];
  expect(block).toContain("audit records");
  // `npx sallyport` is `bin/sallyport` on the pinned Node, and that needs no network.
  const npx = `npx() { shift; "${process.execPath}" "${join(root, "src", "main.ts")}" "$@"; }`;
  const script = [npx, exported, block].join("\n");
  const { stdout, stderr, code } = await run("/bin/bash", ["-c", script], { cwd: root });
  expect(code, stdout + stderr).toBe(0);
  return stdout;
}
