import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RefusalCode } from "../../../src/core/refusal.ts";
import { ask } from "../../../src/demo/ask.ts";
import { messagesEvents } from "../../../src/demo/copilot-messages.ts";
import { type DemoUpstream, startDemoUpstream } from "../../../src/demo/upstream.ts";
import { copilot } from "../../support/copilot.ts";
import { listenLocally } from "../../support/ports.ts";
import { type Ask, headOf, protocolFor, targetOf } from "./asking.ts";

/** What assistants make of a refusal, kept in test/transcripts/golden/assistants. */
const golden = new URL("../../transcripts/golden/assistants/", import.meta.url);
const home = mkdtempSync(join(tmpdir(), "assistants-"));
/** Where `setup --test` puts it: its licence lets us run it, not carry it along. */
const message = "History on main is permanent. Open a pull request.";

let server: Server;
let upstream: DemoUpstream;
let url = "";
/** Which requests are refused, and how; all others are answered by the demo. */
let refused: RegExp;
let code: RefusalCode;

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const path = (request.url ?? "").replace(/^\/(copilot|api\/v3)\//, "/");
  const asked: Ask = { kind: "copilot", method: request.method ?? "", path, body };
  if (refused.test(`${path} ${body}`)) refuse(asked, body, response);
  else if (path === "/v1/messages" && !body.includes("tool_result")) callTool(response);
  else {
    const headers = { ...request.headers, "transfer-encoding": undefined };
    const sent = Object.entries(headers).filter(([, value]) => typeof value === "string");
    const answer = await ask(upstream.url + path, {
      method: asked.method,
      headers: Object.fromEntries(sent) as Record<string, string>,
      ...(body.length === 0 ? {} : { body }),
    });
    response.writeHead(answer.status, answer.headers as Record<string, string>).end(answer.body);
  }
}

function refuse(asked: Ask, body: Buffer, response: ServerResponse): void {
  const parser = protocolFor(asked).parse(headOf(asked), targetOf(asked));
  if (parser.begin().kind === "more" && parser.write(body).kind === "more") parser.end();
  const reply = parser.refuse({ code, message, caseId: "0192-case" });
  response.writeHead(reply.status, reply.headers).end(reply.body);
}

/** The model's first answer: it wants the MCP tool `get_me`. */
function callTool(response: ServerResponse): void {
  const events = messagesEvents({ kind: "tool", pieces: ["{}"], write: 0 }, "m").join("");
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(events.replaceAll('"bash"', '"github-mcp-server-get_me"'));
}

beforeAll(async () => {
  mkdirSync(golden, { recursive: true });
  upstream = await startDemoUpstream();
  server = createServer((request, response) => void serve(request, response));
  url = `http://127.0.0.1:${await listenLocally(server)}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await upstream.close();
  rmSync(home, { recursive: true, force: true });
});

async function sdk(does: (client: Client) => Promise<unknown>): Promise<string> {
  const client = new Client({ name: "test", version: "1" });
  const transport = new StreamableHTTPClientTransport(new URL(`${url}/copilot/mcp`));
  try {
    await client.connect(transport as Parameters<Client["connect"]>[0]);
    return `result: ${JSON.stringify(await does(client), null, 2)}\n`;
  } catch (error) {
    return `threw: ${String(error)}\n`;
  } finally {
    await client.close();
  }
}

function cli(...args: readonly string[]): Promise<string> {
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    CI: "true",
    COPILOT_GITHUB_TOKEN: "ghs_of_nobody",
    COPILOT_API_URL: `${url}/copilot`,
    COPILOT_DEBUG_GITHUB_API_URL: `${url}/api/v3`,
    GITHUB_MCP_URL_OVERRIDE: `${url}/copilot/mcp`,
    COPILOT_MODEL: "gpt-demo",
  };
  const all = ["-p", "Who am I?", "--allow-all-tools", ...args];
  return new Promise((resolve) => {
    execFile(copilot, all, { cwd: home, env }, (error, stdout, stderr) => {
      const said = `exit ${error?.code ?? 0}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`;
      // What it took, which differs from run to run.
      resolve(said.replaceAll(/^(Changes|Requests|Tokens|Resume) .*\n/gm, ""));
    });
  });
}

interface Case {
  readonly refused: RegExp;
  readonly code?: RefusalCode;
  readonly run: () => Promise<string>;
}

const call = (client: Client) => client.callTool({ name: "get_me", arguments: {} });
const modelCall = /^\/(v1\/messages|responses|chat\/completions) /;
const cases: Readonly<Record<string, Case>> = {
  "mcp-sdk-call": { refused: /tools\/call/, run: () => sdk(call) },
  "mcp-sdk-call-pending": {
    refused: /tools\/call/,
    code: "approval_pending",
    run: () => sdk(call),
  },
  "mcp-sdk-list": { refused: /tools\/list/, run: () => sdk((client) => client.listTools()) },
  "mcp-sdk-connect": { refused: /initialize/, run: () => sdk(call) },
  "mcp-sdk-unauthenticated": { refused: /./, code: "unauthenticated", run: () => sdk(call) },
  "mcp-sdk-unavailable": { refused: /./, code: "unavailable", run: () => sdk(call) },
  "copilot-model-call": { refused: modelCall, run: () => cli("--disable-builtin-mcps", "-s") },
  "copilot-models": { refused: /^\/models /, run: () => cli("--disable-builtin-mcps", "-s") },
  "copilot-unauthenticated": {
    refused: modelCall,
    code: "unauthenticated",
    run: () => cli("--disable-builtin-mcps", "-s"),
  },
  "copilot-mcp-call": { refused: /tools\/call/, run: () => cli() },
};

describe("what an assistant shows when it is refused", () => {
  it.each(Object.entries(cases))(
    "%s",
    async (name, one) => {
      if (name.startsWith("copilot-") && !existsSync(copilot)) {
        expect(process.env["CI"], "the Copilot CLI could not be fetched").toBeUndefined();
        return;
      }
      refused = one.refused;
      code = one.code ?? "denied";
      const said = (await one.run()).replaceAll(url, "URL").replaceAll(/ +$/gm, "");
      await expect(said).toMatchFileSnapshot(new URL(`${name}.txt`, golden).pathname);
    },
    60_000,
  );

  it("keeps no golden file that nothing makes", () => {
    const names = Object.keys(cases).map((name) => `${name}.txt`);
    expect(readdirSync(golden).sort()).toEqual(names.sort());
  });
});
