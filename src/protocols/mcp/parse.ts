import { err } from "../../base/result.ts";
import type { Access, Operation } from "../../core/operation.ts";
import type { Target } from "../../core/target.ts";
import type { RequestHead } from "../../http/message.ts";
import { asRead, type Drafts, type Upstream } from "../draft.ts";
import type { RequestParser } from "../protocol.ts";
import { connectionHost } from "../resource.ts";
import { fromBody, fromHead, settled } from "../whole-body.ts";
import { callDraft } from "./call.ts";
import { type Message, readMessage } from "./message.ts";
import { narrowTools } from "./narrow.ts";
import { refuseMcp } from "./refuse.ts";
import { githubServer, type ToolKind } from "./tools.ts";

/** Methods that neither call a tool nor read a resource. */
const session =
  /^(initialize|ping|notifications\/.*|server\/discover|logging\/setLevel|completion\/complete)$/;
const lists = /^(tools|prompts|resources|resources\/templates)\/list$/;
const reads = /^(prompts\/get|resources\/(read|subscribe|unsubscribe))$/;

/** Reads one request of MCP's streamable HTTP transport. */
export function parseMcp(head: RequestHead, target: Target, upstream?: Upstream): RequestParser {
  const server = serverOf(target);
  const plain = (name: string, access: Access, attributes: Operation["attributes"] = {}): Drafts =>
    settled({
      protocol: "mcp",
      name,
      access,
      resource: connectionHost(target),
      attributes: { server, ...attributes },
    });
  const narrow: RequestParser["narrow"] = (response, permits) =>
    narrowTools(response, (tool) => isPermitted(server, target, tool, permits));
  if (head.method === "GET" || head.method === "HEAD" || head.method === "DELETE")
    return {
      ...fromHead(plain("mcp.session", "read"), (refusal) => refuseMcp(refusal, undefined)),
      // A stream that is taken up again (`Last-Event-ID`) may bring the answer to an earlier request.
      narrow,
    };
  if (head.method !== "POST")
    return fromHead(err("MCP takes no such method"), (refusal) => refuseMcp(refusal, undefined));

  let message: Message | undefined;
  const read = (body: Uint8Array): Drafts => {
    const parsed = readMessage(body);
    if (!parsed.ok) return parsed;
    message = parsed.value;
    if (message.method === "tools/call") return callDraft(server, target, message.params);
    const kind = kindOf(message.method);
    return plain(kind.name, kind.access, { method: message.method ?? "answer" });
  };
  return {
    ...fromBody(head, read, (refusal) => refuseMcp(refusal, message), upstream),
    narrow: (response, permits) =>
      message?.method === "tools/list" ? narrow(response, permits) : undefined,
  };
}

/** What calling that tool would be, were its arguments known, and whether policy could let it. */
function isPermitted(
  server: string,
  target: Target,
  name: string,
  permits: (operation: Operation) => boolean,
): boolean {
  const drafts = asRead(callDraft(server, target, { name }));
  return drafts.ok && drafts.value.every(permits);
}

/** What a message that calls no tool does; `undefined` is an answer to the server's own request. */
function kindOf(method: string | undefined): ToolKind {
  if (method === undefined || session.test(method)) return { name: "mcp.session", access: "read" };
  if (lists.test(method)) return { name: "mcp.list", access: "read" };
  return reads.test(method)
    ? { name: "mcp.read", access: "read" }
    : { name: "unknown.write", access: "write" };
}

/** Which MCP server a path leads to: GitHub's own under the Copilot API, else the name that stands before `mcp`. */
function serverOf(target: Target): string {
  const { segments } = target.path;
  const at = segments.findIndex((segment) => segment.toLowerCase() === "mcp");
  return at === 0 ? githubServer : `other:${segments[at - 1] ?? ""}`;
}
