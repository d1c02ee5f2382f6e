import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../support/clients.ts";
import { copilot, copilotArguments, copilotEnvironment } from "../support/copilot.ts";
import { newSession } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** The programs that people use, each with a session token and nothing else, before a real Envoy. */
const policy = `rules:
  - id: models
    when: { operation: model.call }
    then: [ { mask: { rules: default } }, { inject: {} }, { record: {} } ]
  - id: reading
    when: { access: read }
    then: [ { mask: { rules: default } }, { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;

let stack: Stack;
let token: string;
let home: string;

beforeAll(async () => {
  stack = await startStack({ policy });
  home = await mkdtemp(join(tmpdir(), "sdk-home-"));
  token = await newSession(stack);
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  await rm(home, { recursive: true, force: true });
});

/** What the upstream saw since then: the stored credential in each request, and no trace of the token. */
function seenSince(count: number): readonly string[] {
  const seen = stack.upstream.log.slice(count);
  for (const request of seen) {
    const text = JSON.stringify([request.path, request.headers]) + request.body.toString("latin1");
    expect(text).not.toContain(token.slice(4));
    expect(String(request.headers["authorization"])).toMatch(
      new RegExp(`^(Bearer|token) ${stack.credential}$`),
    );
  }
  return seen.map(({ method, path }) => `${method} ${path}`);
}

test("octokit, openai and @anthropic-ai/sdk complete a request each", async () => {
  const before = stack.upstream.log.length;
  const child = join(import.meta.dirname, "sdk-clients-child.ts");
  const env = { GATEWAY: stack.proxy, TOKEN: token, NODE_EXTRA_CA_CERTS: stack.ca };
  const ended = await run(process.execPath, [child], { cwd: home, env });
  expect(ended).toMatchObject({ code: 0 });
  const said = JSON.parse(ended.stdout) as Record<string, string>;
  expect(said["octokit"]).toBe("demo-bot");
  for (const name of ["chat", "responses", "messages"]) expect(said[name]).not.toBe("");
  expect(seenSince(before)).toEqual([
    "GET /user",
    "POST /chat/completions",
    "POST /responses",
    "POST /v1/messages",
  ]);
  expect(ended.stdout + ended.stderr).not.toContain(stack.credential);
}, 60_000);

test.skipIf(!existsSync(copilot))(
  "the Copilot CLI completes a prompt",
  async () => {
    const before = stack.upstream.log.length;
    const env = copilotEnvironment(stack, token);
    const args = copilotArguments("Say hi.");
    const ended = await run(copilot, args, { cwd: home, env });
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout.trim()).not.toBe("");
    expect(ended.stdout + ended.stderr).not.toContain(stack.credential);
    expect(seenSince(before).some((line) => line.startsWith("POST /"))).toBe(true);
  },
  90_000,
);
