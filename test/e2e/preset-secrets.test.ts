import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sample } from "../../src/detection/rules/sample.ts";
import { cloneApp } from "../support/app-clone.ts";
import type { Git } from "../support/clients.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** What the presets say of secrets in pushes and in files that are written otherwise, with real git through a real Envoy. */
const policies = {
  "copilot-ci":
    "rules: [ { include: preset:protected-branches }, { include: preset:copilot-ci } ]\n",
  "no-secrets-out": "rules: [ { include: preset:no-secrets-out } ]\n",
};
const token = sample("ghp_{alnum:36}");
const words = "github-token in ";

describe.each(Object.entries(policies))("%s", (_, policy) => {
  let stack: Stack;
  let git: Git;
  beforeAll(async () => {
    stack = await startStack({ policy });
    git = await cloneApp(stack);
  }, 60_000);
  afterAll(() => stack?.stop());

  const head = (branch: string) =>
    stack.upstream.repositories.head("acme/app", `refs/heads/${branch}`);
  const ask = async (method: string, path: string, body: object) => {
    const headers = { "content-type": "application/json" };
    return stack.ask(path, { method, headers, body: JSON.stringify(body) });
  };
  const content = (text: string) => Buffer.from(text).toString("base64");

  test("a push with a token in a file is refused, and one without goes", async () => {
    const push = async (text: string, branch: string) => {
      await writeFile(join(stack.folder.path, "app", "made.env"), text);
      await git.run("-C", "app", "add", "-A");
      await git.run("-C", "app", "commit", "-qm", "Make it");
      return git.start("-C", "app", "push", "origin", `HEAD:refs/heads/${branch}`).ended;
    };
    expect(await push("no secret\n", "copilot/clean")).toMatchObject({ code: 0 });
    expect(await head("copilot/clean")).toBeDefined();
    const refused = await push(`TOKEN=${token}\n`, "copilot/leaky");
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain(`${words}made.env (`);
    expect(refused.stderr).not.toContain(token.slice(4, 12));
    expect(await head("copilot/leaky")).toBeUndefined();
  });

  test("so is a file written by REST, and the blob that a commit could be made of", async () => {
    const file = (text: string) => ({
      message: "m",
      branch: "copilot/clean",
      content: content(text),
    });
    const path = "/api/v3/repos/acme/app/contents/by-rest.env";
    const written = await ask("PUT", path, file(`TOKEN=${token}\n`));
    expect(written.status).toBe(403);
    expect(JSON.parse(written.text).message).toContain(words);
    expect(await ask("PUT", path, file("no secret\n"))).toMatchObject({ status: 201 });
    const blob = (text: string) => ({ content: content(text), encoding: "base64" });
    const blobs = "/api/v3/repos/acme/app/git/blobs";
    const made = await ask("POST", blobs, blob(`TOKEN=${token}\n`));
    expect(made.status).toBe(403);
    expect(JSON.parse(made.text).message).toContain(words);
    expect(await ask("POST", blobs, blob("no secret\n"))).toMatchObject({ status: 201 });
  });

  test("and a commit that is made by GraphQL", async () => {
    const commit = async (text: string) => {
      const branch = { repositoryNameWithOwner: "acme/app", branchName: "copilot/clean" };
      const fileChanges = { additions: [{ path: "by-graphql.env", contents: content(text) }] };
      const expectedHeadOid = await head("copilot/clean");
      const input = { branch, message: { headline: "m" }, fileChanges, expectedHeadOid };
      const query =
        "mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }";
      return JSON.parse((await ask("POST", "/api/graphql", { query, variables: { input } })).text);
    };
    const refused = await commit(`TOKEN=${token}\n`);
    expect(refused.errors?.[0]).toMatchObject({ type: "FORBIDDEN" });
    expect(refused.errors?.[0].message).toContain(words);
    expect((await commit("no secret\n")).data?.createCommitOnBranch.commit.oid).toBeDefined();
  });
});
