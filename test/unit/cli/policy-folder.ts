import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { Command } from "../../../src/cli/command.ts";
import { said } from "../../support/command.ts";

/** A new folder for each test, in which commands are run. */
export let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

export function put(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

export async function run(command: Command, ...args: string[]) {
  const { status, out, err } = await said(command, args, { cwd: folder });
  const short = (text: string) => text.replaceAll(`${folder}/`, "");
  return { status, out: short(out), err: short(err) };
}

export const policy = `rules:
  - { id: no-create, when: { operation: repository.create }, then: [{ deny: { reason: "Ask." } }] }
  - { id: reading, when: { access: read }, then: [{ inject: { credential: app } }] }
`;

/** An intent as the audit log keeps it. */
export const intent = (id: string, decision: string, name: string, access: string) => ({
  id,
  at: 1_780_000_000_000,
  decision,
  method: "GET",
  path: "/x",
  connection: { name: "github-api", kind: "github-api", upstream: "https://api.github.com" },
  principal: { id: "gha:x", issuer: "gha", subject: "x", groups: [] },
  session: "s",
  operations: [
    { protocol: "github-rest", name, access, resource: "github.com/acme/app", attributes: {} },
  ],
  rules: ["old"],
  observed: [],
});
