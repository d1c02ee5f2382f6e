import { createServer, type RequestListener } from "node:http";
import { createSecureServer } from "node:http2";
import type { Server } from "node:net";
import { newAuthority } from "../../src/envoy/certificate.ts";
import { listenLocally } from "./ports.ts";

/** What the upstream answers next, write by write. */
export interface Staged {
  readonly headers: Readonly<Record<string, string>>;
  readonly writes: readonly Uint8Array[];
  /**
   * Each write waits until the client has seen as many lines as there were writes before it, less this: so that
   * nothing on the way can put two of them together. Absent: they follow one another.
   */
  readonly unseen?: number;
}

/** An upstream that answers as it was told last, and speaks as much MCP as a client needs to begin. */
export interface MatrixUpstream {
  /** HTTP/1.1; and HTTP/2 over TLS, where each write is a frame, which Envoy hands on by itself. */
  readonly plain: string;
  readonly framed: string;
  /** The authority of the latter, in PEM. */
  readonly ca: string;
  stage(staged: Staged): void;
  /** The client has seen another line. */
  saw(): void;
  close(): Promise<void>;
}

export async function startMatrixUpstream(): Promise<MatrixUpstream> {
  const stage = new Stage();
  const authority = newAuthority("Matrix");
  const { certificate: cert, key } = authority.issue(["127.0.0.1"]);
  const plain = createServer(stage.answer);
  const framed = createSecureServer({ cert, key, allowHTTP1: true });
  framed.on("request", (request, response) => stage.answer(request as never, response as never));
  const sessions = new Set<{ destroy(): void }>();
  framed.on("session", (session) => sessions.add(session));
  const [plainPort, framedPort] = await Promise.all([portOf(plain), portOf(framed)]);
  return {
    plain: `http://127.0.0.1:${plainPort}`,
    framed: `https://127.0.0.1:${framedPort}`,
    ca: authority.certificate,
    stage: (staged) => stage.set(staged),
    saw: () => stage.saw(),
    close: async () => {
      plain.closeAllConnections();
      for (const session of sessions) session.destroy();
      await Promise.all(
        [plain, framed].map((server) => new Promise((resolve) => server.close(resolve))),
      );
    },
  };
}

async function portOf(server: Server): Promise<number> {
  return listenLocally(server);
}

class Stage {
  #staged: Staged = { headers: {}, writes: [] };
  #seen = 0;
  #wake: () => void = () => undefined;

  set(staged: Staged): void {
    this.#staged = staged;
  }

  saw(): void {
    this.#seen += 1;
    this.#wake();
  }

  readonly answer: RequestListener = async (request, response) => {
    request.socket.setNoDelay(true);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const begun = request.url?.includes("/mcp")
      ? beginning(request.method ?? "", Buffer.concat(chunks).toString())
      : undefined;
    if (begun !== undefined) {
      response.writeHead(begun.status, { "content-type": "application/json" }).end(begun.body);
      return;
    }
    const { headers, writes, unseen } = this.#staged;
    this.#seen = 0;
    response.writeHead(200, headers);
    for (const [index, bytes] of writes.entries()) {
      if (response.destroyed) return;
      if (unseen !== undefined) await this.#until(index - unseen);
      // The next only when this one has left.
      await new Promise((resolve) => response.write(bytes, resolve));
    }
    response.end();
  };

  async #until(lines: number): Promise<void> {
    while (this.#seen < lines)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }
}

/** How MCP's streamable HTTP begins; nothing where a tool is called. */
function beginning(method: string, body: string): { status: number; body: string } | undefined {
  if (method !== "POST") return { status: 405, body: "{}" };
  const message = JSON.parse(body) as { id?: number; method?: string; params?: object };
  if (message.method?.startsWith("notifications/") === true) return { status: 202, body: "" };
  if (message.method !== "initialize") return undefined;
  const result = {
    protocolVersion: "2025-06-18",
    capabilities: { tools: {}, logging: {} },
    serverInfo: { name: "matrix", version: "1" },
  };
  return { status: 200, body: JSON.stringify({ jsonrpc: "2.0", id: message.id, result }) };
}
