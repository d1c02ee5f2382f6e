import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Repositories } from "../../../src/demo/repositories.ts";
import { type Access, Git, ghEnvironment, run } from "../../support/clients.ts";
import { type SdkAsk, startSdks } from "../../support/sdks.ts";
import { type Stack, startStack } from "../../support/stack.ts";

/** The whole policy: each of the three questions is one line of it, whichever tool asks. */
const policy = `rules:
  - id: the-release-job-may
    when: { principal: { environment: release } }
    then: [inject]
  - id: new-repositories
    when: { operation: repository.create }
    then: [{ deny: { reason: "People make repositories." } }]
  - id: main
    when: { access: write, attributes: { branch: main } }
    then: [{ deny: { reason: "Open a pull request to main." } }]
  - id: ci-configuration
    when: { access: write, attributes: { paths: .github/workflows/** } }
    then: [{ deny: { reason: "People change what CI runs." } }]
otherwise: [inject]
`;

/** What a client wrote, on all of its outputs. */
export type Said = string;
/** One way of doing something: with this token, on this repository, as this one of many. */
export type Way = (house: House, as: Access & { readonly token: string }) => Promise<Said>;

/** A gateway under that policy, and an upstream whose one repository is always as it was at the beginning. */
export interface House {
  readonly stack: Stack;
  readonly repositories: Repositories;
  readonly git: (as: Access, ...args: readonly string[]) => Promise<Said>;
  readonly curl: (
    as: Access,
    path: string,
    method: string,
    body: object | string,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Said>;
  readonly gh: (as: Access, ...args: readonly string[]) => Promise<Said>;
  readonly sdk: (as: Access, ask: SdkAsk) => Promise<Said>;
  /** A commit or blob id in the upstream's `acme/app`. */
  readonly id: (revision: string) => Promise<string>;
  /** Every repository and where every ref of it points. */
  snapshot(): Promise<string>;
  restore(): Promise<void>;
  stop(): Promise<void>;
}

export const app = "acme/app";
const start: Readonly<Record<string, string>> = {
  ".github/workflows/ci.yml": "on: push\n",
  "lib/other.yml": "on: pull_request\n",
  "templates/workflows/ci.yml": "on: workflow_dispatch\n",
};

export async function openHouse(): Promise<House> {
  const stack = await startStack({ policy });
  const { repositories } = stack.upstream;
  const commit = async (
    branch: string,
    message: string,
    files: Readonly<Record<string, string>>,
  ) => {
    const contents = Object.entries(files).map(([path, text]) => ({
      path,
      content: Buffer.from(text),
    }));
    const made = await repositories.commit(app, { branch, message, files: contents });
    if (!made.ok) throw new Error(made.error);
  };
  await commit("main", "Begin", start);
  for (const branch of ["topic", "feature", "ci-change"])
    await repositories.git(app, ["branch", branch, "main"]);
  await commit("feature", "A feature", { "feature.txt": "new\n" });
  await commit("ci-change", "Another CI", { ".github/workflows/ci.yml": "on: schedule\n" });
  const sdks = startSdks(stack);
  const cwd = stack.folder.path;
  const text = ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) =>
    stdout + stderr;
  const refs = await refsOf(repositories, app);
  const names = await repositories.names();
  return {
    stack,
    repositories,
    git: async (as, ...args) => text(await new Git(cwd, as).start(...args).ended),
    curl: async ({ token, ca, proxy }, path, method, body, more = {}) => {
      const file = join(cwd, "body.json");
      await writeFile(file, typeof body === "string" ? body : JSON.stringify(body));
      const headers = {
        ...more,
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
      };
      const lines = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
      const args = ["-sS", "--path-as-is", "--cacert", ca, "-X", method, ...lines];
      return text(await run("curl", [...args, "--data-binary", `@${file}`, proxy + path], { cwd }));
    },
    gh: async (as, ...args) => text(await run("gh", args, { cwd, env: ghEnvironment(as) })),
    sdk: async ({ token = "" }, ask) => {
      const answer = await sdks.call({ ask, token });
      return answer.ok ? JSON.stringify(answer.value) : answer.error;
    },
    id: (revision) => repositories.text(app, ["rev-parse", "--verify", revision]),
    snapshot: async () => {
      const all = await repositories.names();
      const lists = await Promise.all(all.map((name) => refsOf(repositories, name)));
      return JSON.stringify(all.map((name, index) => [name, [...(lists[index] ?? [])]]));
    },
    restore: async () => {
      for (const name of await repositories.names())
        if (!names.includes(name)) await repositories.remove(name);
      const now = await refsOf(repositories, app);
      const lines = [
        ...[...now.keys()].filter((ref) => !refs.has(ref)).map((ref) => `delete ${ref}`),
        ...[...refs].map(([ref, id]) => `update ${ref} ${id}`),
      ];
      const input = Buffer.from(`${lines.join("\n")}\n`);
      await repositories.git(app, ["update-ref", "--stdin"], {}, input);
    },
    stop: async () => {
      await sdks.stop();
      await stack.stop();
    },
  };
}

async function refsOf(
  repositories: Repositories,
  name: string,
): Promise<ReadonlyMap<string, string>> {
  const lines = await repositories.text(name, [
    "for-each-ref",
    "--format=%(refname) %(objectname)",
  ]);
  return new Map(lines.split("\n").map((line) => line.split(" ") as [string, string]));
}

export const base64 = (text: string) => Buffer.from(text).toString("base64");
