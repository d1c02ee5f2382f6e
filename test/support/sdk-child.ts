import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Octokit } from "octokit";
import type { SdkAnswer, SdkCall } from "./sdks.ts";

/** Makes the calls that it reads, one per line, with the SDKs that people use, and writes what they gave or threw. */
const gateway = process.env["GATEWAY"] ?? "";
const silent = () => undefined;

async function call({ ask, token }: SdkCall): Promise<unknown> {
  if (ask.kind === "mcp") return mcp(ask, token);
  const kit = new Octokit({
    baseUrl: `${gateway}/api/v3`,
    auth: token,
    retry: { enabled: false },
    throttle: { enabled: false },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  if (ask.kind === "graphql") return kit.graphql(ask.query, { ...ask.variables });
  return (await kit.request(ask.route, { ...ask.parameters })).data;
}

async function mcp(ask: Extract<SdkCall["ask"], { kind: "mcp" }>, token: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, ...ask.headers };
  const url = new URL(`${gateway}/copilot/mcp`);
  const client = new Client({ name: "test", version: "1" });
  const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers } });
  // The SDK's own two types differ in what may be undefined.
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  try {
    if (ask.tool === undefined) return (await client.listTools()).tools.map(({ name }) => name);
    const result = await client.callTool({ name: ask.tool, arguments: { ...ask.arguments } });
    if (result.isError === true) throw new Error(JSON.stringify(result.content));
    return result.content;
  } finally {
    await client.close();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line) as SdkCall;
  const answer: SdkAnswer = await call(asked).then(
    (value) => ({ ok: true, value }),
    (error: unknown) => ({ ok: false, error: error instanceof Error ? error.message : "?" }),
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
