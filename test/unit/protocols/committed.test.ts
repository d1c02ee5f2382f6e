import { expect, test } from "vitest";
import { commitsIn, failedIn } from "../../../src/protocols/committed.ts";

const [one, two] = ["1".repeat(40), "2".repeat(64)] as const;
const bytes = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
const events = (value: unknown) => `event: message\ndata: ${JSON.stringify(value)}\n\n`;
const tool = (text: string, isError = false) => ({
  jsonrpc: "2.0",
  id: 1,
  result: { content: [{ type: "text", text }], isError },
});

test.each([
  [
    "REST contents",
    { content: { sha: two }, commit: { sha: one, parents: [{ sha: two }] } },
    [one],
  ],
  ["a commit object", { sha: one, tree: { sha: two }, parents: [] }, [one]],
  ["a ref", { ref: "refs/heads/x", object: { type: "commit", sha: one } }, [one]],
  ["a tag's ref", { ref: "refs/tags/x", object: { type: "tag", sha: one } }, []],
  ["a merge", { sha: one, merged: true, message: "" }, [one]],
  ["GraphQL", { data: { a: { commit: { oid: one } }, b: { commit: { oid: two } } } }, [one, two]],
  ["a tool's text, as events", events(tool(JSON.stringify({ commit: { sha: one } }))), [one]],
  ["what is no id", { commit: { sha: "HEAD" } }, []],
  ["what is no JSON", "<html>", []],
])("the commits that an answer names: %s", (_name, body, commits) => {
  expect(commitsIn(bytes(body))).toEqual(commits);
});

test.each([
  ["GraphQL that failed", { data: null, errors: [{ message: "no" }] }, true],
  ["GraphQL that did not", { data: {} }, false],
  ["a JSON-RPC error", { jsonrpc: "2.0", id: 1, error: { code: -1, message: "no" } }, true],
  ["a tool that failed, as events", events(tool("no", true)), true],
  ["a tool that did not", tool("ok"), false],
  ["REST", { errors: [], sha: one }, false],
  ["what is no JSON", "errors", false],
])("whether a 200 says that something failed: %s", (_name, body, failed) => {
  expect(failedIn(bytes(body))).toBe(failed);
});
