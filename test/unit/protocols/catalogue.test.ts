import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { catalogue } from "../../../src/protocols/catalogue.ts";
import { namedMutations } from "../../../src/protocols/graphql/known-mutations.ts";
import { knownTools } from "../../../src/protocols/mcp/tools.ts";
import { gitCommands, page, render, unlisted } from "../../support/operations-page.ts";
import type { Ask } from "./asking.ts";
import { operationsOf } from "./asking.ts";

describe("the catalogue", () => {
  const names = new Set(catalogue.map(({ name }) => name));
  it("is the page that users read: node test/support/operations-page.ts", () => {
    expect(readFileSync(page, "utf8")).toBe(render());
    expect(unlisted).toEqual([]);
  });
  it("says for every operation of git which programs ask for it", () => {
    const ofGit = [...names].filter((name) => /^(push|fetch$|lfs\.)/.test(name));
    expect(Object.keys(gitCommands).sort()).toEqual(ofGit.sort());
  });
  it("names nothing twice", () => {
    expect(names.size).toBe(catalogue.length);
  });
  it("has every operation that a mutation or a tool is", () => {
    const used = [...namedMutations.values(), ...[...knownTools.values()].map(({ name }) => name)];
    expect(
      used.filter((name) => !names.has(name) && !/^(checks|projects|activity)\.write$/.test(name)),
    ).toEqual([]);
  });
});

const api = (method: string, path: string, body?: object): Ask => ({
  kind: "github-api",
  method,
  path,
  ...(body === undefined ? {} : { body }),
});
const graphql = (query: string, variables?: object): Ask =>
  api("POST", "/graphql", { query, variables });
const tool = (name: string, args: object): Ask => ({
  kind: "copilot",
  method: "POST",
  path: "/mcp",
  body: { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } },
});
const packet = (line: string) => `${(line.length + 4).toString(16).padStart(4, "0")}${line}`;
const push = (ref: string): Ask => ({
  kind: "git",
  method: "POST",
  path: "/acme/app.git/git-receive-pack",
  body: `${packet(`${"a".repeat(40)} ${"b".repeat(40)} ${ref}\0 report-status`)}0000PACK`,
});
const app = { owner: "acme", repo: "app" };
const file = { path: ".github/workflows/ci.yml", branch: "main" };
const commit =
  "mutation($b: CommittableBranch!, $f: FileChanges!) { createCommitOnBranch(input: {branch: $b, fileChanges: $f}) { clientMutationId } }";
const onMain = {
  b: { repositoryNameWithOwner: "acme/app", branchName: "main" },
  f: { additions: [{ path: file.path }] },
};

/** One condition, as one policy line says it; every way must meet it. */
const questions: Readonly<
  Record<
    string,
    {
      readonly meets: (operation: ReturnType<typeof operationsOf>[number]) => boolean;
      readonly ways: Readonly<Record<string, Ask>>;
    }
  >
> = {
  "making a repository": {
    meets: ({ name }) => name === "repository.create",
    ways: {
      curl: api("POST", "/orgs/acme/repos", { name: "x" }),
      "another prefix": api("POST", "/api/v3/user/repos", { name: "x" }),
      "a template": api("POST", "/repos/acme/t/generate", { name: "x" }),
      "a fork": api("POST", "/repos/acme/app/forks", {}),
      "gh (GraphQL)": graphql(
        "mutation RepositoryCreate($input: CreateRepositoryInput!) { createRepository(input: $input) { repository { id } } }",
        { input: { name: "x", visibility: "PRIVATE" } },
      ),
      "a fragment and an alias": graphql(
        'mutation { ...F } fragment F on Mutation { viewer: createRepository(input: {name: "x"}) { clientMutationId } }',
      ),
      "an MCP tool": tool("create_repository", { name: "x" }),
    },
  },
  "changing main": {
    meets: ({ access, attributes }) => access === "write" && attributes["branch"] === "main",
    ways: {
      "git push": push("refs/heads/main"),
      "a file": api("PUT", "/repos/acme/app/contents/a", { branch: "main" }),
      "a ref": api("PATCH", "/repos/acme/app/git/refs/heads/main", { sha: "1" }),
      "a ref by POST": api("POST", "/repos/acme/app/git/refs/heads%2Fmain", { sha: "1" }),
      "a deleted ref": api("DELETE", "/repos/acme/app/git/refs/heads/main"),
      "a merge": api("POST", "/repos/acme/app/merges", { base: "main", head: "x" }),
      GraphQL: graphql(commit, onMain),
      "GraphQL, another merge": graphql(
        'mutation { mergeBranch(input: {repositoryId: "R", base: "refs/heads/main", head: "x"}) { clientMutationId } }',
      ),
      "MCP push_files": tool("push_files", { ...app, branch: "main", files: [{ path: "a" }] }),
      "MCP delete_file": tool("delete_file", { ...app, branch: "refs/heads/main", path: "a" }),
    },
  },
  "editing CI": {
    meets: ({ access, attributes }) => {
      const { paths } = attributes;
      return (
        access === "write" &&
        Array.isArray(paths) &&
        paths.some((path) => String(path).startsWith(".github/workflows/"))
      );
    },
    ways: {
      "git push, unseen": push("refs/heads/x"),
      "a file": api("PUT", `/repos/acme/app/contents/${file.path}`, { branch: "x" }),
      "an escaped file": api("PUT", "/repos/acme/app/contents/.github%2Fworkflows%2Fci.yml", {
        branch: "x",
      }),
      "a tree": api("POST", "/repos/acme/app/git/trees", {
        tree: [{ path: file.path, type: "blob", sha: "1" }],
      }),
      "a grafted tree": api("POST", "/repos/acme/app/git/trees", {
        tree: [{ path: ".github", type: "tree", sha: "1" }],
      }),
      "a ref, unseen": api("PATCH", "/repos/acme/app/git/refs/heads/x", { sha: "1" }),
      "a merge, unseen": api("PUT", "/repos/acme/app/pulls/1/merge", {}),
      GraphQL: graphql(commit, onMain),
      "MCP create_or_update_file": tool("create_or_update_file", { ...app, ...file }),
      "MCP push_files": tool("push_files", {
        ...app,
        branch: "x",
        files: [{ path: "README.md" }, { path: file.path }],
      }),
    },
  },
};

describe.each(Object.entries(questions))(
  "%s is one condition, whichever way",
  (_, { meets, ways }) => {
    it.each(Object.entries(ways))("%s", (_way, ask) => {
      expect(operationsOf(ask).some(meets)).toBe(true);
    });
  },
);
