import { describe, expect, it } from "vitest";
import type { Operation } from "../../../../src/core/operation.ts";
import { Fields } from "../../../../src/http/fields.ts";
import { concat } from "../../../../src/http/transform.ts";
import { type Ask, feed } from "../asking.ts";

const ask = (method: string): Ask => ({
  kind: "copilot",
  method: "POST",
  path: "/mcp",
  body: { jsonrpc: "2.0", id: 1, method },
});
const tools = (...names: readonly string[]) => ({
  jsonrpc: "2.0",
  id: 1,
  result: { tools: names.map((name) => ({ name, inputSchema: {} })), nextCursor: "n" },
});
/** A policy under which nobody deletes repositories and nobody uses tools that it does not know. */
const permits = ({ name, access }: Operation) =>
  name !== "repository.delete" && !(name === "tool.call" && access === "write");

function narrowed(type: string, body: string, size = 1000): string | undefined {
  const { parser } = feed(ask("tools/list"));
  const transform = parser.narrow?.(
    { status: 200, fields: new Fields([["content-type", type]]) },
    permits,
  );
  if (transform === undefined) return undefined;
  const bytes = new TextEncoder().encode(body);
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size)
    out.push(transform.write(bytes.subarray(at, at + size)));
  return new TextDecoder().decode(concat([...out, transform.flush()]));
}

describe("a list of tools holds what policy could let the client use", () => {
  const all = JSON.stringify(tools("push_files", "delete_repository", "list_issues", "brand_new"));
  const kept = tools("push_files", "list_issues");
  it.each([1, 7, 10_000])("as JSON, in pieces of %i bytes", (size) => {
    expect(JSON.parse(narrowed("application/json", all, size) ?? "")).toEqual(kept);
  });
  it.each([1, 7, 10_000])("as events, in pieces of %i bytes", (size) => {
    const events = `: hello\n\nevent: message\nid: 3\ndata: ${all}\n\ndata: {"jsonrpc":"2.0","method":"notifications/x"}\n\n`;
    const out = narrowed("text/event-stream; charset=utf-8", events, size);
    expect(out).toBe(
      `: hello\n\nevent: message\nid: 3\ndata: ${JSON.stringify(kept)}\n\ndata: {"jsonrpc":"2.0","method":"notifications/x"}\n\n`,
    );
  });
  it("an error goes by as it is", () => {
    const error = '{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"x"}}';
    expect(narrowed("application/json", error)).toBe(error);
  });
  it("a list too long to be read does not go by at all", () => {
    const out = narrowed("application/json", JSON.stringify(tools("x".repeat(9_000_000))), 1 << 20);
    expect(out).toContain("too long");
    expect(
      narrowed(
        "text/event-stream",
        `data: ${JSON.stringify(tools("x".repeat(9_000_000)))}\n\n`,
        1 << 20,
      ),
    ).not.toContain("xxx");
  });
  it("also where it comes late, on a stream that was taken up again", () => {
    const { parser } = feed({ ...ask("x"), method: "GET" });
    const type = "text/event-stream";
    const late = parser.narrow?.(
      { status: 200, fields: new Fields([["content-type", type]]) },
      permits,
    );
    const out = late?.write(new TextEncoder().encode(`id: 4\ndata: ${all}\n\n`));
    expect(new TextDecoder().decode(out)).toBe(`id: 4\ndata: ${JSON.stringify(kept)}\n\n`);
  });
  it("only a list is narrowed", () => {
    const { parser } = feed(ask("initialize"));
    expect(parser.narrow?.({ status: 200, fields: new Fields([]) }, permits)).toBeUndefined();
  });
});
