import { describe, expect, it } from "vitest";
import { type Ask, errorOf, feed, operationsOf, summary } from "../asking.ts";

const message = (body: object | string, path = "/mcp"): Ask => ({
  kind: "copilot",
  method: "POST",
  path,
  body,
});
const call = (name: string, args: object = {}, path?: string): Ask =>
  message({ jsonrpc: "2.0", id: 7, method: "tools/call", params: { name, arguments: args } }, path);
const app = { owner: "Acme", repo: "App" };

describe("a tool call is the forge's own operation", () => {
  it.each<[string, Ask, string, object]>([
    [
      "a file",
      call("create_or_update_file", { ...app, path: ".github/workflows/x.yml", branch: "main" }),
      "contents.write write github.com/acme/app",
      { branch: "main", paths: [".github/workflows/x.yml"], tool: "create_or_update_file" },
    ],
    [
      "many files",
      call("push_files", {
        ...app,
        branch: "main",
        files: [{ path: "a" }, { path: "/.github/workflows/x.yml" }],
      }),
      "contents.write write github.com/acme/app",
      { paths: ["a", ".github/workflows/x.yml"] },
    ],
    [
      "a file on no branch",
      call("delete_file", { ...app, path: "a" }),
      "contents.write write github.com/acme/app",
      { branch: "HEAD" },
    ],
    [
      "a repository",
      call("create_repository", { name: "x", organization: "Acme" }),
      "repository.create write github.com/acme/x",
      {},
    ],
    [
      "a repository of one's own",
      call("create_repository", { name: "x" }),
      "repository.create write github.com/~/x",
      {},
    ],
    [
      "a fork",
      call("fork_repository", { ...app, organization: "o" }),
      "repository.create write github.com/o/app",
      {},
    ],
    [
      "a merge",
      call("merge_pull_request", { ...app, pullNumber: 7 }),
      "pull_request.merge write github.com/acme/app",
      { number: "7" },
    ],
    [
      "a dispatch",
      call("actions_run_trigger", { ...app, method: "run_workflow" }),
      "workflow.dispatch write github.com/acme/app",
      {},
    ],
    [
      "a trigger of no known kind",
      call("actions_run_trigger", { ...app, method: "constructor" }),
      "workflow.write write github.com/acme/app",
      {},
    ],
    ["a known reader", call("list_issues", app), "tool.call read github.com/acme/app", {}],
    [
      "contents",
      call("get_file_contents", { ...app, path: "a" }),
      "contents.read read github.com/acme/app",
      { paths: ["a"] },
    ],
    [
      "an unknown tool",
      call("constructor"),
      "tool.call write github.com/-",
      { tool: "constructor" },
    ],
    [
      "a reader's name in capitals",
      call("LIST_ISSUES", app),
      "tool.call write github.com/acme/app",
      {},
    ],
  ])("%s", (_, ask, expected, attributes) => {
    expect(summary(ask)).toEqual([expected]);
    expect(operationsOf(ask)[0]?.attributes).toMatchObject({ server: "github", ...attributes });
  });

  it("a write through a link may land anywhere", () => {
    const [operation] = operationsOf(
      call("create_or_update_file", { ...app, path: "a", branch: "x", allow_symlink_write: true }),
    );
    expect(operation?.unknown).toEqual(["paths"]);
    expect(operation?.attributes["paths"]).toContain(".github/workflows/**");
  });

  it("an unknown tool may do anything", () => {
    expect(operationsOf(call("brand_new"))[0]?.unknown).toEqual([
      "branch",
      "ref",
      "paths",
      "force",
    ]);
  });

  it("another server's tools are known by no name", () => {
    const ask: Ask = {
      ...call("list_issues"),
      kind: "github-api",
      path: "/cmc_internal/api/agents/githubiq/mcp",
    };
    expect(summary(ask)).toEqual(["tool.call write github.com/-"]);
  });
});

describe("other messages", () => {
  const method = (name: string) => message({ jsonrpc: "2.0", id: 1, method: name });
  it.each<[string, Ask, string]>([
    ["the hello", method("initialize"), "mcp.session read api.githubcopilot.com"],
    ["a list", method("tools/list"), "mcp.list read api.githubcopilot.com"],
    ["a resource", method("resources/read"), "mcp.read read api.githubcopilot.com"],
    ["an unknown method", method("tools/destroy"), "unknown.write write api.githubcopilot.com"],
    [
      "an answer",
      message({ jsonrpc: "2.0", id: 1, result: {} }),
      "mcp.session read api.githubcopilot.com",
    ],
    [
      "the stream",
      { kind: "copilot", method: "GET", path: "/mcp/readonly" },
      "mcp.session read api.githubcopilot.com",
    ],
  ])("%s", (_, ask, expected) => {
    expect(summary(ask)).toEqual([expected]);
  });

  it.each<[string, Ask]>([
    ["a batch", message([{ jsonrpc: "2.0", id: 1, method: "ping" }])],
    [
      "a method in two spellings",
      message('{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}'),
    ],
    [
      "a nested name in two spellings",
      message(
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_issues","Name":"push_files"}}',
      ),
    ],
    [
      "a name that only Go would see",
      message(
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"push_files","Arguments":{}}}',
      ),
    ],
    ["no method", message({ jsonrpc: "2.0", id: 1 })],
    ["no version", message({ id: 1, method: "ping" })],
    ["a tool without a name", message({ jsonrpc: "2.0", id: 1, method: "tools/call", params: {} })],
    ["files without a path", call("push_files", { ...app, files: [{}] })],
    [
      "an owner that leads elsewhere",
      call("get_file_contents", { owner: "acme/app/../../x", repo: "y", path: "a" }),
    ],
    ["a repository that is a number", call("get_file_contents", { owner: "acme", repo: 7 })],
    [
      "arguments as text",
      message({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "x", arguments: "{}" },
      }),
    ],
    ["no JSON", message("{")],
  ])("%s is refused", (_, ask) => {
    expect(errorOf(ask)).toBeTypeOf("string");
  });
});

describe("no, in MCP's words", () => {
  const no = (
    ask: Ask,
    code: "denied" | "unauthenticated" | "unavailable" | "malformed" = "denied",
  ) => {
    const reply = feed(ask).parser.refuse({ code, message: "No.", caseId: "c" });
    return { status: reply.status, body: JSON.parse(String(reply.body)) };
  };
  it("a call has a result that is an error", () => {
    expect(no(call("push_files", { ...app, files: [] }))).toEqual({
      status: 200,
      body: {
        jsonrpc: "2.0",
        id: 7,
        result: { isError: true, content: [{ type: "text", text: "No. (case c)" }] },
      },
    });
  });
  it("another method has a JSON-RPC error", () => {
    expect(no(message({ jsonrpc: "2.0", id: "a", method: "tools/list" }))).toMatchObject({
      status: 200,
      body: { id: "a", error: { code: -32001 } },
    });
  });
  it("what has no id has an HTTP status", () => {
    expect(no(message({ jsonrpc: "2.0", method: "notifications/initialized" }))).toMatchObject({
      status: 403,
      body: { id: null },
    });
    expect(no(message("["), "malformed")).toMatchObject({ status: 400 });
    expect(no(call("x"), "unauthenticated")).toMatchObject({ status: 401 });
    expect(no(call("x"), "unavailable")).toMatchObject({ status: 503 });
  });
});
