import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the upstream answers next, write by write. */
export interface Staged {
  readonly headers: Readonly<Record<string, string>>;
  readonly writes: readonly Uint8Array[];
}

/** An upstream that answers as it was told last, and speaks as much MCP as a client needs to begin. */
export interface MatrixUpstream {
  readonly url: string;
  stage(staged: Staged): void;
  close(): Promise<void>;
}

export async function startMatrixUpstream(): Promise<MatrixUpstream> {
  let staged: Staged = { headers: {}, writes: [] };
  const server = createServer((request, response) => {
    void answer(request, response, () => staged);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stage: (next) => {
      staged = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  staged: () => Staged,
): Promise<void> {
  request.socket.setNoDelay(true);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.url?.includes("/mcp") === true) {
    const begun = beginning(request.method ?? "", Buffer.concat(chunks).toString());
    if (begun !== undefined) {
      response.writeHead(begun.status, { "content-type": "application/json" }).end(begun.body);
      return;
    }
  }
  const { headers, writes } = staged();
  response.writeHead(200, headers);
  for (const bytes of writes) {
    if (response.destroyed) return;
    if (!response.write(bytes)) await new Promise((resolve) => response.once("drain", resolve));
    // A turn of the loop between two writes, so that they leave one by one.
    else await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}

/** How MCP's streamable HTTP begins; nothing where a tool is called. */
function beginning(method: string, body: string): { status: number; body: string } | undefined {
  if (method !== "POST") return { status: 405, body: "{}" };
  const message = JSON.parse(body) as { id?: number; method?: string; params?: object };
  if (message.method?.startsWith("notifications/") === true) return { status: 202, body: "" };
  if (message.method !== "initialize") return undefined;
  const result = {
    protocolVersion: "2025-06-18",
    capabilities: { tools: {} },
    serverInfo: { name: "matrix", version: "1" },
  };
  return { status: 200, body: JSON.stringify({ jsonrpc: "2.0", id: message.id, result }) };
}
