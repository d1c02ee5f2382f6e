import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ask as askServer } from "../../src/demo/ask.ts";
import type { CommitProvenance } from "../../src/provenance/answer.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** Every way in which a model may suggest code, and every way but git in which a commit may be made. */
const policy = `rules:
  - id: models
    when: { operation: model.call }
    then: [ { inject: {} } ]
  - id: repository
    when: { resource: github.com/acme/app }
    then: [ { inject: {} } ]
  - id: reading
    when: { access: read }
    then: [ { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ policy });
}, 120_000);
afterAll(() => stack?.stop());

const codes = {
  chat: `def spread(rows, width):
    cells = [[] for _ in range(width)]
    for number, row in enumerate(rows):
        if not row.strip():
            raise ValueError(f"row {number} is empty")
        cells[number % width].append(row.split("|"))
    return {key: tuple(cell) for key, cell in enumerate(cells) if cell}
`,
  responses: `package ring

import "sync"

type Ring struct {
	mu    sync.Mutex
	slots []string
	head  int
}

func (r *Ring) Push(slot string) (dropped string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	dropped, r.slots[r.head] = r.slots[r.head], slot
	r.head = (r.head + 1) % len(r.slots)
	return dropped
}
`,
  messages: `export async function* paged<T>(ask: (cursor?: string) => Promise<Page<T>>) {
  let cursor: string | undefined;
  do {
    const { items, next } = await ask(cursor);
    for (const item of items) yield item;
    if (next === cursor) throw new Error("the same page twice");
    cursor = next;
  } while (cursor !== undefined);
}
`,
  mcp: `static int compare(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    unsigned long left = x->end - x->start, right = y->end - y->start;
    return left == right ? 0 : left > right ? -1 : 1;
}
`,
};

async function post(path: string, body: object, method = "POST"): Promise<string> {
  const headers = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  const answer = await stack.ask(path, { method, headers, body: JSON.stringify(body) });
  expect(answer.status, `${path}: ${answer.text}`).toBeLessThan(300);
  return answer.text;
}

const said = (text: string) => ({ demo_text: `Here it is:\n\n\`\`\`\n${text}\`\`\`\n` });
const repo = "/api/v3/repos/acme/app";
const head = async (branch: string) =>
  (await stack.upstream.repositories.head("acme/app", branch)) ?? "";

async function branch(name: string): Promise<string> {
  const sha = await head("main");
  await stack.upstream.repositories.git("acme/app", ["branch", name, sha]);
  return sha;
}

async function known(commit: string): Promise<CommitProvenance> {
  return vi.waitUntil(
    async () => {
      const { status, text } = await ask(`/commits/${commit}`);
      return status === 200 && (JSON.parse(text) as CommitProvenance);
    },
    { timeout: 30_000, interval: 200 },
  );
}

/** Asks as the job that wrote it. */
async function ask(path: string) {
  const authorization = `Bearer ${await stack.issuer.token()}`;
  return askServer(`${stack.api}/api/v1/provenance${path}`, { headers: { authorization } });
}

test("from chat, streamed; written as REST contents", async () => {
  const messages = [{ role: "user", content: "Spread the rows." }];
  const asked = { model: "claude-demo", messages, stream: true, metadata: said(codes.chat) };
  await post("/copilot/chat/completions", asked);
  await branch("rest");
  const content = Buffer.from(`"""Rows."""\n\n\n${codes.chat}`).toString("base64");
  const written = { message: "Spread", content, branch: "rest" };
  await post(`${repo}/contents/src/spread.py`, written, "PUT");
  const found = await known(await head("rest"));
  expect(found).toMatchObject({ evidence: "strong", seen: [{ kind: "api" }] });
  expect(found.files).toMatchObject([
    { path: "src/spread.py", lines: [{ channel: "exact", suggestion: { model: "claude-demo" } }] },
  ]);
});

test("from the Responses API, by a tool; written by a mutation that asks for no id", async () => {
  const path = "ring/ring.go";
  const call = JSON.stringify({ path, file_text: codes.responses });
  const input = [
    { role: "user", content: [{ type: "input_text", text: `demo-call create ${call}` }] },
  ];
  await post("/copilot/responses", { model: "gpt-demo", input, stream: true });
  const before = await branch("graphql");
  const contents = Buffer.from(codes.responses).toString("base64");
  const mutation = (oid: string) => ({
    query: `mutation { createCommitOnBranch(input: {
      branch: { repositoryNameWithOwner: "acme/app", branchName: "graphql" }, expectedHeadOid: "${oid}",
      message: { headline: "Ring" }, fileChanges: { additions: [{ path: "${path}", contents: "${contents}" }] } })
      { clientMutationId } }`,
  });
  // Refused there, by an answer of status 200: nothing was made, and nothing is told of where the branch stands.
  expect(await post("/api/graphql", mutation("0".repeat(40)))).toContain("errors");
  await post("/api/graphql", mutation(before));
  const found = await known(await head("graphql"));
  expect(found).toMatchObject({ evidence: "exact", files: [{ path, lines: [{ from: 1 }] }] });
  expect(found.files[0]?.lines[0]?.suggestion).toMatchObject({ model: "gpt-demo", tool: "create" });
  expect((await ask(`/commits/${before}`)).status).toBe(404);
});

test("from the Messages API; written as tree, commit and ref", async () => {
  const messages = [{ role: "user", content: "Page through it." }];
  const asked = { model: "claude-demo", max_tokens: 900, messages, metadata: said(codes.messages) };
  await post("/copilot/v1/messages", asked);
  const parent = await branch("trees");
  const entry = { path: "src/paged.ts", mode: "100644", type: "blob", content: codes.messages };
  const tree = JSON.parse(await post(`${repo}/git/trees`, { base_tree: parent, tree: [entry] }));
  const sealed = { message: "Page", tree: tree.sha, parents: [parent] };
  const commit = JSON.parse(await post(`${repo}/git/commits`, sealed)) as { sha: string };
  await post(`${repo}/git/refs/heads/trees`, { sha: commit.sha }, "PATCH");
  const found = await vi.waitUntil(
    async () => {
      const one = await known(commit.sha);
      return one.seen.length === 2 && one;
    },
    { timeout: 30_000, interval: 200 },
  );
  expect(found).toMatchObject({ evidence: "strong", files: [{ path: "src/paged.ts" }] });
});

test("written by a tool of the MCP server, which suggests it itself", async () => {
  await branch("mcp");
  const files = [{ path: "lib/compare.c", content: codes.mcp }];
  const given = { owner: "acme", repo: "app", branch: "mcp", message: "Compare", files };
  const call = { name: "push_files", arguments: given };
  await post("/copilot/mcp/", { jsonrpc: "2.0", id: 1, method: "tools/call", params: call });
  const found = await known(await head("mcp"));
  expect(found).toMatchObject({ evidence: "exact", seen: [{ kind: "api" }] });
  expect(found.files[0]?.lines[0]?.suggestion).toMatchObject({ tool: "push_files" });
});

test("what makes no commit brings none, whichever branch it names; a session has the rest", async () => {
  const pull = { title: "Take it", head: "rest", base: "main" };
  await post(`${repo}/pulls`, pull);
  const commits = await Promise.all(["rest", "graphql", "trees", "mcp"].map(head));
  const main = await head("main");
  const { session } = (await known(commits[0] ?? "")).seen[0] ?? { session: "" };
  const listed = JSON.parse((await ask(`/sessions/${session}`)).text) as {
    commits: readonly CommitProvenance[];
  };
  expect(listed.commits.map(({ commit }) => commit).toSorted()).toEqual(commits.toSorted());
  expect((await ask(`/commits/${main}`)).status).toBe(404);
});
