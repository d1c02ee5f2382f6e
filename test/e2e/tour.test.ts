import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";

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
  } finally {
    child.kill("SIGTERM");
  }
  expect(await ended).toEqual([0, null]);
}, 150_000);
