import { createPublicKey, verify } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { Git, run } from "../support/clients.ts";
import { copilot, copilotArguments, copilotEnvironment } from "../support/copilot.ts";
import { newSession } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** A real assistant edits a file, real git pushes it, and the gateway tells which suggestion the lines came from. */
const policy = `rules:
  - id: models
    when: { operation: model.call }
    then: [ { mask: { rules: default } }, { inject: {} }, { record: {} } ]
  - id: pushes
    when: { operation: push, resource: github.com/acme/app }
    then: [ { inject: {} } ]
  - id: reading
    when: { access: read }
    then: [ { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;

const main = join(import.meta.dirname, "../../src/main.ts");
const code = `export interface Reading {
  readonly sensor: string;
  readonly celsius: number;
}

/** The mean of each sensor, the highest first. */
export function meansBySensor(readings: readonly Reading[]): readonly (readonly [string, number])[] {
  const sums = new Map<string, { total: number; count: number }>();
  for (const { sensor, celsius } of readings) {
    if (!Number.isFinite(celsius)) throw new RangeError(\`\${sensor} tells no temperature\`);
    const sum = sums.get(sensor) ?? { total: 0, count: 0 };
    sums.set(sensor, { total: sum.total + celsius, count: sum.count + 1 });
  }
  return [...sums]
    .map(([sensor, { total, count }]) => [sensor, total / count] as const)
    .toSorted((a, b) => b[1] - a[1]);
}
`;

let stack: Stack;
let token: string;
let git: Git;
let app: string;

beforeAll(async () => {
  stack = await startStack({ policy });
  token = await newSession(stack);
  git = new Git(stack.folder.path, { ...(await stack.access()), token });
  await git.run("clone", "-q", `${stack.proxy}/acme/app.git`, "app");
  app = join(stack.folder.path, "app");
}, 120_000);
afterAll(() => stack?.stop());

async function pushed(branch: string, message: string): Promise<string> {
  await git.run("-C", "app", "checkout", "-q", "-B", branch);
  await git.run("-C", "app", "add", ".");
  await git.run("-C", "app", "commit", "-qm", message);
  await git.run("-C", "app", "push", "-q", "origin", branch);
  return git.run("-C", "app", "rev-parse", "HEAD");
}

/** What `sallyport provenance` says of that. */
async function provenance(asked: string, ...options: readonly string[]): Promise<string> {
  const env = { SALLYPORT_TOKEN: token, SALLYPORT_API: stack.api };
  const ended = await run(process.execPath, [main, "provenance", asked, ...options], {
    cwd: app,
    env,
  });
  expect(ended).toMatchObject({ code: 0 });
  return ended.stdout;
}

/** The statement about HEAD: signed with the log's key, and naming where the exchange stands in the log. */
async function attested(exchange: string): Promise<void> {
  const find = async () => {
    const envelope = JSON.parse(await provenance("HEAD", "--format", "in-toto")) as Envelope;
    const text = Buffer.from(envelope.payload, "base64").toString();
    return { envelope, text, told: JSON.parse(text) as Statement };
  };
  // Records come into a checkpoint a second or so later.
  const { envelope, text, told } = await vi.waitUntil(
    async () => {
      const found = await find();
      return found.told.predicate.log.records.some(({ record }) => record === exchange) && found;
    },
    { timeout: 30_000, interval: 200 },
  );
  const { payloadType: type, signatures } = envelope;
  expect(told._type).toBe("https://in-toto.io/Statement/v1");
  expect(told.subject[0]?.digest.gitCommit).toBe(await git.run("-C", "app", "rev-parse", "HEAD"));
  const { checkpoint } = told.predicate.log;
  const [name = "", id = ""] = signatures[0]?.keyid.split("+") ?? [];
  expect(checkpoint.startsWith(`${name}\n`)).toBe(true);
  const vkey = await readFile(await vkeysFile(), "utf8");
  expect(vkey).toContain(`${name}+${id}+`);
  const bytes = Buffer.from(
    vkey.trim().split("\n")[0]?.slice(`${name}+${id}+`.length) ?? "",
    "base64",
  );
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), bytes.subarray(1)]);
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  const signature = Buffer.from(signatures[0]?.sig ?? "", "base64");
  const signed = (payload: string) =>
    Buffer.from(`DSSEv1 ${type.length} ${type} ${Buffer.byteLength(payload)} ${payload}`);
  expect(verify(null, signed(text), key, signature)).toBe(true);
  expect(verify(null, signed(text.replace("exact", "none")), key, signature)).toBe(false);
}

async function vkeysFile(): Promise<string> {
  const found = await readdir(stack.folder.path, { recursive: true });
  const file = found.find((name) => name.endsWith(join("log", "vkeys")));
  return join(stack.folder.path, file ?? "no log");
}

interface Envelope {
  readonly payloadType: string;
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

interface Statement {
  readonly _type: string;
  readonly subject: readonly { readonly digest: { readonly gitCommit: string } }[];
  readonly predicate: {
    readonly log: {
      readonly checkpoint: string;
      readonly records: readonly { readonly record: string; readonly index: number }[];
    };
  };
}

test.skipIf(!existsSync(copilot))(
  "an assistant's file is traced to session, exchange, model and actor, as it was and after rework by hand",
  async () => {
    const home = join(stack.folder.path, "home");
    await mkdir(home);
    await mkdir(join(app, "src"), { recursive: true });
    const path = join(app, "src", "means.ts");
    const call = JSON.stringify({ path, file_text: code });
    const env = { HOME: home, ...copilotEnvironment(stack, token, "claude-demo") };
    const args = [...copilotArguments(`demo-call create ${call}`), "--allow-all-paths"];
    const ended = await run(copilot, args, { cwd: app, env });
    expect(ended).toMatchObject({ code: 0 });
    expect(await readFile(path, "utf8")).toBe(code);

    await pushed("topic/means", "Add the means\n\nAssisted-by: Copilot:claude-demo");
    const lines = code.split("\n").length - 1;
    const told = await provenance("HEAD");
    expect(told).toContain("evidence: exact.");
    expect(told).toMatch(
      new RegExp(
        `src/means\\.ts:1-${lines}  exact .*; model claude-demo; asked by mona; session \\S+; exchange [0-9a-f-]{36}, turn 1, tool create`,
      ),
    );
    expect(told).toContain('claims "Assisted-by: Copilot:claude-demo": seen');
    expect(await provenance("src/means.ts:9")).toContain("exact");
    const [, session = "", exchange = ""] = /session (\S+); exchange (\S+),/.exec(told) ?? [];
    expect(await provenance(session)).toContain("src/means.ts:1-");
    expect(await provenance("HEAD", "--format", "note")).toContain(`src/means.ts\n  `);
    expect(await provenance("HEAD", "--format", "agent-trace")).toContain(exchange);
    await attested(exchange);

    const reworked = code
      .replaceAll("sums", "perSensor")
      .replaceAll("meansBySensor", "averages")
      .replaceAll("readings", "samples")
      .replaceAll("Reading", "Sample")
      .replaceAll("celsius", "degrees")
      .replaceAll("total", "sumOfAll")
      .replace(/^ +/gm, (indent) => "\t".repeat(indent.length / 2))
      .replaceAll(";\n", "\n")
      .replace("/** The mean of each sensor, the highest first. */\n", "");
    await git.run("-C", "app", "checkout", "-q", "--detach", "HEAD~1");
    await mkdir(join(app, "lib"), { recursive: true });
    await writeFile(join(app, "lib", "averages.ts"), reworked);
    await pushed("topic/averages", "Average, in my own words");
    const again = await provenance("HEAD");
    expect(again).toMatch(/evidence: (strong|partial)\./);
    expect(again).toMatch(
      new RegExp(`lib/averages\\.ts:\\d+-\\d+  (strong|partial) .*exchange ${exchange}, turn 1`),
    );
  },
  180_000,
);

test("a commit that no suggestion went into: none, and why", async () => {
  await git.run("-C", "app", "checkout", "-q", "--detach", "origin/HEAD");
  await mkdir(join(app, "src"), { recursive: true });
  const mine = Array.from(
    { length: 12 },
    (_, at) => `  step${at}: () => run("${at}", [${at}, "x"]),`,
  );
  await writeFile(join(app, "src", "steps.js"), `export const steps = {\n${mine.join("\n")}\n};\n`);
  await pushed("topic/steps", "Add the steps\n\nAssisted-by: Somebody:else");
  const told = await provenance("HEAD");
  expect(told).toContain("evidence: none.");
  expect(told).toMatch(/compared with \d+ suggestions|No model suggested anything/);
  expect(told).toContain('claims "Assisted-by: Somebody:else": not seen');
});

test("which secrets a session met, by rule and fingerprint, and what became of them", async () => {
  const secret = `${"gh"}p_${"A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"}`;
  const messages = [{ role: "user", content: `My token is ${secret}` }];
  const answer = await ask(`${stack.proxy}/copilot/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "claude-demo", messages }),
    ca: await readFile(stack.ca, "utf8"),
  });
  expect(answer.status).toBe(200);
  const session = /session (\S+?),/.exec(await provenance("HEAD"))?.[1] ?? "";
  const env = { SALLYPORT_TOKEN: token, SALLYPORT_API: stack.api };
  const asked = async () =>
    (await run(process.execPath, [main, "exposure", session], { cwd: app, env })).stdout;
  const told = await vi.waitUntil(
    async () => {
      const text = await asked();
      return text.includes("masked ") && text;
    },
    { timeout: 30_000, interval: 200 },
  );
  expect(told).toMatch(/\S+ \S+: seen \d+, masked [1-9]\d*, refused 0; exchanges [0-9a-f-]{36}/);
  expect(told).not.toContain(secret);
});
