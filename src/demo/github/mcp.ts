import { randomUUID } from "node:crypto";
import { isRecord, json, type Route, readJson, type Visit } from "../visit.ts";
import type { GraphNodes } from "./graphql-nodes.ts";
import { type Tool, tools } from "./mcp-tools.ts";

/**
 * A stand-in for GitHub's MCP server (streamable HTTP, one JSON-RPC message per POST): `/mcp`, and `/mcp/readonly` with
 * the tools that read. It answers as events; as plain JSON where the client takes no events, or asks with
 * `x-demo-answer: json`.
 */
export function mcpRoutes(nodes: GraphNodes): readonly Route[] {
  const served = (reading: boolean) => (visit: Visit) =>
    serve(
      visit,
      nodes,
      tools.filter(({ reads }) => reads || !reading),
    );
  const gone = (visit: Visit) =>
    void visit.response.writeHead(visit.method === "GET" ? 405 : 200).end();
  return [
    ["POST", /^\/mcp\/?$/, served(false)],
    ["POST", /^\/mcp\/readonly$/, served(true)],
    ["GET", /^\/mcp(\/readonly)?$/, gone],
    ["DELETE", /^\/mcp(\/readonly)?$/, gone],
  ];
}

type Message = Readonly<Record<string, unknown>>;
type Said = { readonly result: object } | { readonly error: object };

async function serve(visit: Visit, nodes: GraphNodes, offered: readonly Tool[]): Promise<void> {
  const { id, method, params } = await readJson(visit);
  if (method === "initialize") visit.response.setHeader("mcp-session-id", randomUUID());
  if (id === undefined) return void visit.response.writeHead(202).end();
  const given = isRecord(params) ? params : {};
  const said = await answer(nodes, offered, String(method), given);
  const message = { jsonrpc: "2.0", id, ...said };
  const { accept = "", "x-demo-answer": form } = visit.request.headers;
  if (form === "json" || !accept.includes("text/event-stream")) return json(visit, 200, message);
  visit.response.writeHead(200, { "content-type": "text/event-stream" });
  visit.response.end(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
}

async function answer(
  nodes: GraphNodes,
  offered: readonly Tool[],
  method: string,
  params: Message,
): Promise<Said> {
  switch (method) {
    case "initialize":
      return {
        result: {
          protocolVersion: params["protocolVersion"],
          capabilities: { tools: {} },
          serverInfo: { name: "demo-github-mcp-server", version: "1" },
        },
      };
    case "ping":
      return { result: {} };
    case "tools/list":
      return { result: { tools: offered.map(listed) } };
    case "tools/call":
      return call(nodes, offered, params);
    default:
      return { error: { code: -32601, message: `method not found: ${method}` } };
  }
}

function listed({ name, description, required, reads }: Tool): object {
  const types = required.map((key) => [key, { type: typeOf(key) }]);
  return {
    name,
    description,
    inputSchema: { type: "object", properties: Object.fromEntries(types), required },
    annotations: { readOnlyHint: reads },
  };
}

function typeOf(key: string): string {
  if (key === "files") return "array";
  return key === "pullNumber" ? "number" : "string";
}

async function call(
  nodes: GraphNodes,
  offered: readonly Tool[],
  { name, arguments: given }: Message,
): Promise<Said> {
  const tool = offered.find((one) => one.name === name);
  if (tool === undefined)
    return { error: { code: -32602, message: `tool '${String(name)}' not found` } };
  const args = isRecord(given) ? given : {};
  const missing = tool.required.find((key) => args[key] === undefined);
  if (missing !== undefined) return said(`missing required parameter: ${missing}`, true);
  const done = await tool.call(nodes, args).catch((error: unknown) => ({
    ok: false as const,
    error: error instanceof Error ? error.message : "failed",
  }));
  return done.ok ? said(JSON.stringify(done.value), false) : said(done.error, true);
}

function said(text: string, isError: boolean): Said {
  return { result: { content: [{ type: "text", text }], ...(isError ? { isError } : {}) } };
}
