import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Stack, startStack } from "../support/stack.ts";

/**
 * What one exchange costs the gateway, for docs/sizing.md: processor time, and bytes in the audit and recording folders.
 * `node test/bench/sizing.ts [REQUESTS]`; a busy machine stretches the time a little, and the bytes not at all.
 */
const policy = `rules:
  - id: models
    when: { operation: model.call }
    then: [mask, inject, { record: { level: full } }]
  - id: reading
    when: { access: read }
    then: [mask, inject, { record: { level: metadata } }]
otherwise: [{ deny: { reason: "No rule allows this." } }]
`;
const requests = Number(process.argv[2] ?? 500);

async function counted(stack: Stack): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`${stack.metrics}/metrics`)).text();
  const sum = (name: string): number =>
    text
      .split("\n")
      .filter((line) => line.startsWith(name))
      .reduce((all, line) => all + Number(line.split(" ").at(-1)), 0);
  return {
    milliseconds: sum("process_cpu_seconds_total") * 1000,
    exchanges: sum("sallyport_exchanges_total"),
    resident: sum("process_resident_memory_bytes"),
    audit: bytesIn(join(stack.folder.path, "data/audit")),
    recordings: bytesIn(join(stack.folder.path, "data/recordings")),
  };
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => lstatSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((all, one) => all + one, 0);
}

async function load(stack: Stack, path: string, more: readonly string[]): Promise<void> {
  const token = await stack.issuer.token({ exp: Math.floor(Date.now() / 1000) + 3000 });
  const args = ["-n", `${requests}`, "-c", "20", "-H", `authorization: Bearer ${token}`, ...more];
  const child = spawn("h2load", [...args, stack.proxy + path], { stdio: "ignore" });
  await once(child, "close");
}

const stack = await startStack({ policy });
try {
  const file = join(stack.folder.path, "question.json");
  const messages = [{ role: "user", content: "Which files changed? ".repeat(48) }];
  writeFileSync(file, JSON.stringify({ model: "demo-model", messages }));
  const asked = ["-d", file, "-H", "content-type: application/json"];
  for (const [name, path, more] of [
    ["(warming up)", "/api/v3/repos/acme/app", []],
    ["a read by REST", "/api/v3/repos/acme/app", []],
    ["a model call, 1 KiB", "/copilot/chat/completions", asked],
  ] as const) {
    const before = await counted(stack);
    await load(stack, path, more);
    const after = await counted(stack);
    const each = (of: string): number =>
      ((after[of] ?? 0) - (before[of] ?? 0)) /
      ((after["exchanges"] ?? 0) - (before["exchanges"] ?? 0));
    console.log(
      `${name}: ${each("milliseconds").toFixed(1)} ms of processor, ${each("audit").toFixed(0)} bytes of audit, ` +
        `${each("recordings").toFixed(0)} of recording; ${((after["resident"] ?? 0) / 2 ** 20).toFixed(0)} MiB resident`,
    );
  }
} finally {
  await stack.stop();
}
