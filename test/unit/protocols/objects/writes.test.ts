import { describe, expect, it } from "vitest";
import { createProtocols } from "../../../../src/protocols/index.ts";
import type { ContentSource } from "../../../../src/protocols/objects/source.ts";
import { upstreamContents } from "../../../../src/protocols/upstream/contents.ts";
import { type Ask, feed } from "../asking.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const contents: ContentSource = {
  blob: async () => undefined,
  file: async (resource, branch, path) =>
    path === "old" ? Buffer.from(`${path} of ${branch} in ${resource}`) : null,
};
const protocols = createProtocols({
  contents,
  lookup: {
    node: async () => ({ repository: "acme/app", ref: "refs/heads/by-id" }),
    repository: async () => "acme/app",
    defaultBranch: async () => "trunk",
    pullRequest: async () => undefined,
  },
});

/** Each file as `path: before -> after`. */
async function shown(ask: Ask): Promise<readonly string[]> {
  const { parser } = feed(ask, undefined, protocols);
  await parser.resolve?.();
  const files = (await parser.changes?.())?.files ?? [];
  return Promise.all(
    files.map(async ({ path, read }) => {
      const sides = await read();
      const [before, after] = [sides.before, sides.after].map((side) =>
        side.kind === "bytes" ? Buffer.from(side.bytes).toString() : side.kind,
      );
      return `${path}: ${before} -> ${after}`;
    }),
  );
}

const tool = (name: string, args: object): Ask => ({
  kind: "copilot",
  method: "POST",
  path: "/mcp",
  body: { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } },
});

describe("the files that an API request writes", () => {
  it("REST: the contents of one, on the branch that it names or the default one", async () => {
    const put = (path: string, body: object): Ask => ({
      kind: "github-api",
      method: "PUT",
      path: `/repos/acme/app/contents/${path}`,
      body,
    });
    expect(await shown(put("old", { message: "m", content: base64("now"), branch: "x" }))).toEqual([
      "old: old of x in github.com/acme/app -> now",
    ]);
    expect(await shown(put("new", { message: "m", content: base64("now") }))).toEqual([
      "new: none -> now",
    ]);
    expect(await shown({ ...put("old", { message: "m", sha: "s" }), method: "DELETE" })).toEqual([
      "old: old of trunk in github.com/acme/app -> none",
    ]);
  });

  it("MCP: those of push_files, create_or_update_file and delete_file", async () => {
    const place = { owner: "acme", repo: "app", branch: "x", message: "m" };
    const files = [
      { path: "old", content: "a" },
      { path: "new", content: "b" },
    ];
    expect(await shown(tool("push_files", { ...place, files }))).toEqual([
      "old: old of x in github.com/acme/app -> a",
      "new: none -> b",
    ]);
    const one = { ...place, path: "new", content: "<b>" };
    expect(await shown(tool("create_or_update_file", one))).toEqual(["new: none -> <b>"]);
    expect(await shown(tool("delete_file", { ...place, path: "old" }))).toEqual([
      "old: old of x in github.com/acme/app -> none",
    ]);
    expect(await shown(tool("create_issue", { ...place, path: "old", content: "x" }))).toEqual([]);
  });

  it("GraphQL: the additions and deletions of a commit, its branch named or given by id", async () => {
    const commit = (branch: object): Ask => ({
      kind: "github-api",
      method: "POST",
      path: "/graphql",
      body: {
        query:
          "mutation($i: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $i) { clientMutationId } }",
        variables: {
          i: {
            branch,
            message: { headline: "m" },
            fileChanges: {
              additions: [{ path: "new", contents: base64("now") }],
              deletions: [{ path: "old" }],
            },
          },
        },
      },
    });
    const named = { repositoryNameWithOwner: "acme/app", branchName: "x" };
    expect(await shown(commit(named))).toEqual([
      "new: none -> now",
      "old: old of x in github.com/acme/app -> none",
    ]);
    expect((await shown(commit({ id: "REF" })))[1]).toBe(
      "old: old of by-id in github.com/acme/app -> none",
    );
  });
});

describe("what the upstream's files hold", () => {
  const paths: string[] = [];
  const source = upstreamContents(async ({ path }) => {
    paths.push(path);
    if (path.includes("absent")) return { status: 404, body: undefined };
    if (path.includes("large")) return { status: 200, body: { encoding: "none", content: "" } };
    if (path.includes("folder")) return { status: 200, body: [] };
    return { status: 200, body: { encoding: "base64", content: "aGVs\nbG8=\n" } };
  });
  const file = (path: string) => source.file("github.com/acme/app", "a/b?c", path);

  it("is read by branch and path, and is nothing where there is no such file", async () => {
    expect(Buffer.from((await file("d ir/f#")) ?? []).toString()).toBe("hello");
    expect(paths.at(-1)).toBe("/repos/acme/app/contents/d%20ir/f%23?ref=a%2Fb%3Fc");
    expect(await file("absent")).toBeNull();
    expect(await file("large")).toBeUndefined();
    expect(await file("folder")).toBeUndefined();
  });

  it("is never asked for by a path that leads elsewhere", async () => {
    const before = paths.length;
    for (const path of ["../../../user", "a/../b", "", "/a", "a//b", "."])
      expect(await file(path)).toBeUndefined();
    expect(paths.length).toBe(before);
  });
});
