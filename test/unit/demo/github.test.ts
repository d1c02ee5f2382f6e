import { Octokit } from "octokit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type DemoUpstream, startDemoUpstream } from "../../../src/demo/upstream.ts";

/** The demo's GitHub does what it is asked: each way of changing a repository is compared with what git says then. */
let upstream: DemoUpstream;
let kit: Octokit;
let count = 0;
let repo = "";
const owner = "acme";
const silent = () => undefined;

beforeAll(async () => {
  upstream = await startDemoUpstream();
  kit = new Octokit({
    baseUrl: upstream.url,
    retry: { enabled: false },
    throttle: { enabled: false },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
});
afterAll(() => upstream.close());
beforeEach(async () => {
  count += 1;
  repo = `r${count}`;
  await upstream.repositories.create(`acme/${repo}`);
});

const git = (...args: readonly string[]) => upstream.repositories.text(`acme/${repo}`, args);
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("the REST API", () => {
  it("writes, lists and removes files by path", async () => {
    const file = { owner, repo, path: ".github/workflows/ci.yml", message: "m" };
    await kit.rest.repos.createOrUpdateFileContents({ ...file, content: base64("on: push") });
    expect(await git("show", "main:.github/workflows/ci.yml")).toBe("on: push");
    const found = await kit.rest.repos.getContent({ owner, repo, path: ".github/workflows" });
    expect(found.data).toMatchObject([{ name: "ci.yml", path: file.path, type: "file" }]);
    const sha = await git("rev-parse", `main:${file.path}`);
    await kit.rest.repos.deleteFile({ ...file, sha });
    expect(await git("ls-tree", "-r", "--name-only", "main")).toBe("README.md");
    expect(await git("rev-list", "--count", "main")).toBe("3");
    const missing = { ...file, branch: "none", content: "" };
    await expect(kit.rest.repos.createOrUpdateFileContents(missing)).rejects.toThrow("not found");
  });

  it("makes blobs, trees, commits and refs, and shows them as git has them", async () => {
    const head = await git("rev-parse", "main");
    const blob = await kit.rest.git.createBlob({ owner, repo, content: "hello" });
    const tree = await kit.rest.git.createTree({
      owner,
      repo,
      base_tree: head,
      tree: [
        { path: "a/b.txt", mode: "100644", type: "blob", sha: blob.data.sha },
        { path: "a/c.txt", mode: "100644", type: "blob", content: "inline" },
        { path: "copy", mode: "040000", type: "tree", sha: await git("rev-parse", "main^{tree}") },
        { path: "README.md", mode: "100644", type: "blob", sha: null },
      ],
    });
    const made = { owner, repo, message: "made", tree: tree.data.sha, parents: [head] };
    const commit = await kit.rest.git.createCommit(made);
    const sha = commit.data.sha;
    expect(await git("ls-tree", "-r", "--name-only", sha)).toBe("a/b.txt\na/c.txt\ncopy/README.md");
    const ref = { owner, repo, ref: "refs/heads/topic" };
    await kit.rest.git.createRef({ ...ref, sha });
    await expect(kit.rest.git.createRef({ ...ref, sha })).rejects.toThrow("already exists");
    expect(await git("rev-parse", "topic")).toBe(sha);
    await kit.rest.git.updateRef({ owner, repo, ref: "heads/main", sha });
    const back = { owner, repo, ref: "heads/main", sha: head };
    await expect(kit.rest.git.updateRef(back)).rejects.toThrow("fast forward");
    await kit.rest.git.updateRef({ ...back, force: true });
    await kit.rest.git.deleteRef({ owner, repo, ref: "heads/topic" });
    await expect(kit.rest.git.getRef({ owner, repo, ref: "heads/topic" })).rejects.toThrow("Not");
    expect((await kit.rest.git.getCommit({ owner, repo, commit_sha: sha })).data).toMatchObject({
      sha,
      message: "made",
      tree: { sha: tree.data.sha },
      parents: [{ sha: head }],
    });
    const shown = await kit.rest.git.getTree({ owner, repo, tree_sha: tree.data.sha });
    expect(shown.data.tree.map(({ path, mode }) => [path, mode])).toEqual([
      ["a", "040000"],
      ["copy", "040000"],
    ]);
    const file = await kit.rest.git.getBlob({ owner, repo, file_sha: blob.data.sha });
    expect(Buffer.from(file.data.content, "base64").toString()).toBe("hello");
  });

  it("makes annotated tags", async () => {
    const object = await git("rev-parse", "main");
    const tag = { owner, repo, tag: "v1", message: "one", object, type: "commit" as const };
    const { sha } = (await kit.rest.git.createTag(tag)).data;
    await kit.rest.git.createRef({ owner, repo, ref: "refs/tags/v1", sha });
    expect(await git("cat-file", "-t", "v1")).toBe("tag");
    const shown = await kit.rest.git.getTag({ owner, repo, tag_sha: sha });
    expect(shown.data).toMatchObject({ tag: "v1", object: { sha: object, type: "commit" } });
  });

  it("merges branches and pull requests, and compares them", async () => {
    const { repositories } = upstream;
    const files = [{ path: "x", content: Buffer.from("x") }];
    await git("branch", "side", "main");
    await git("branch", "other", "main");
    const change = { branch: "side", message: "x", files };
    const side = await repositories.commit(`acme/${repo}`, change);
    const compared = await kit.rest.repos.compareCommitsWithBasehead({
      owner,
      repo,
      basehead: "main...side",
    });
    expect(compared.data).toMatchObject({
      status: "ahead",
      ahead_by: 1,
      behind_by: 0,
      merge_base_commit: { sha: await git("rev-parse", "main") },
      files: [{ filename: "x", status: "added" }],
    });
    const pull = { owner, repo, title: "t", base: "main", head: "side" };
    const { number } = (await kit.rest.pulls.create(pull)).data;
    expect((await kit.rest.pulls.get({ owner, repo, pull_number: number })).data).toMatchObject({
      base: { ref: "main" },
      head: { sha: side.ok ? side.value : "" },
    });
    await kit.rest.pulls.merge({ owner, repo, pull_number: number });
    expect(await git("show", "main:x")).toBe("x");
    await kit.rest.repos.merge({ owner, repo, base: "other", head: "main" });
    expect(await git("show", "other:x")).toBe("x");
    expect((await kit.rest.repos.merge({ owner, repo, base: "other", head: "main" })).status).toBe(
      204,
    );
  });

  it("copies, renames and changes whole repositories, and knows them by number", async () => {
    const { id } = (await kit.rest.repos.get({ owner, repo })).data;
    expect((await kit.request("GET /repositories/{id}", { id })).data).toMatchObject({
      full_name: `acme/${repo}`,
    });
    await kit.rest.repos.createFork({ owner, repo, organization: "fork" });
    expect(upstream.repositories.has(`fork/${repo}`)).toBe(true);
    const change = { owner, repo, name: `${repo}-new`, private: false };
    expect((await kit.rest.repos.update(change)).data).toMatchObject({ visibility: "public" });
    expect(upstream.repositories.has(`acme/${repo}`)).toBe(false);
    await kit.rest.repos.delete({ owner, repo: `${repo}-new` });
    expect(upstream.repositories.has(`acme/${repo}-new`)).toBe(false);
  });
});

describe("the GraphQL API", () => {
  const ask = <T>(query: string, variables: Readonly<Record<string, unknown>> = {}) =>
    kit.graphql<T>(query, variables);
  const ids = () =>
    ask<{ readonly repository: { readonly id: string; readonly ref: { readonly id: string } } }>(
      `{ repository(owner: "acme", name: "${repo}") { id ref(qualifiedName: "main") { id } } }`,
    );

  it("follows fragments, aliases and variables", async () => {
    const made = await ask<{ readonly mine: unknown }>(
      `fragment F on Mutation { mine: createRepository(input: $in) { repository { ...R } } }
       fragment R on Repository { nameWithOwner owner { login } }
       mutation M($in: CreateRepositoryInput!) { ...F }`,
      { in: { name: `g${count}`, visibility: "PRIVATE" } },
    );
    expect(made.mine).toMatchObject({ repository: { nameWithOwner: `demo-bot/g${count}` } });
    expect(upstream.repositories.has(`demo-bot/g${count}`)).toBe(true);
  });

  it("commits to a branch that is named, or given by id", async () => {
    const { ref } = (await ids()).repository;
    for (const branch of [
      `{ id: "${ref.id}" }`,
      `{ repositoryNameWithOwner: "acme/${repo}", branchName: "main" }`,
    ])
      await ask(`mutation { createCommitOnBranch(input: { branch: ${branch}, message: { headline: "h" },
        expectedHeadOid: "${await git("rev-parse", "main")}",
        fileChanges: { additions: [{ path: "f", contents: "${base64(branch)}" }], deletions: [] } }) { commit { oid } } }`);
    expect(await git("show", "main:f")).toContain("branchName");
    await expect(
      ask(`mutation { createCommitOnBranch(input: { branch: { id: "${ref.id}" }, message: { headline: "h" },
        expectedHeadOid: "${"0".repeat(40)}" }) { commit { oid } } }`),
    ).rejects.toThrow("Expected branch to point");
  });

  it("makes, moves and deletes refs by node id", async () => {
    const { id } = (await ids()).repository;
    const main = await git("rev-parse", "main");
    const made = await ask<{
      readonly createRef: { readonly ref: { readonly id: string; readonly name: string } };
    }>(`mutation { createRef(input: { repositoryId: "${id}", name: "refs/heads/n", oid: "${main}" })
      { ref { id name repository { nameWithOwner } target { oid } } } }`);
    expect(made.createRef.ref.name).toBe("n");
    const refId = made.createRef.ref.id;
    expect(await ask(`{ node(id: "${refId}") { ... on Ref { prefix name } } }`)).toEqual({
      node: { prefix: "refs/heads/", name: "n" },
    });
    const first = await git("commit-tree", "-m", "m", "-p", main, `${main}^{tree}`);
    await ask(
      `mutation { updateRef(input: { refId: "${refId}", oid: "${first}" }) { ref { id } } }`,
    );
    expect(await git("rev-parse", "n")).toBe(first);
    await ask(`mutation { deleteRef(input: { refId: "${refId}" }) { clientMutationId } }`);
    expect(await git("for-each-ref", "refs/heads/n")).toBe("");
    expect(await ask(`{ node(id: "${refId}") { id } }`)).toEqual({ node: null });
  });

  it("says what is wrong with a request as GitHub does", async () => {
    await expect(ask("{ nothing }")).rejects.toThrow('Cannot query field "nothing"');
    await expect(
      ask(`mutation { deleteRef(input: { refId: "zzz" }) { clientMutationId } }`),
    ).rejects.toThrow("Could not resolve to a node");
  });
});
