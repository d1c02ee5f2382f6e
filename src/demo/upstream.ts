import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { copilotRoutes } from "./copilot.ts";
import { serveGit } from "./git-backend.ts";
import { githubRoutes } from "./github/routes.ts";
import { oddRoutes } from "./odd.ts";
import { Repositories } from "./repositories.ts";
import { follow, newRequestId, problem, type Route, type Visit } from "./visit.ts";

/** One request as the upstream saw it; the body's part grows while it comes in. */
export interface Seen {
  readonly method: string;
  /** The request target, as on the request line. */
  readonly path: string;
  /** Names in lower case; a name that came twice as a list. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly bodyBytes: number;
  /** The body, up to its first MiB. */
  readonly body: Buffer;
  /** Milliseconds since the Unix epoch, when the head had come. */
  readonly at: number;
}

export interface DemoUpstreamOptions {
  /** 0 or absent: any free one. Always on 127.0.0.1. */
  readonly port?: number;
  /** Where repositories are kept; absent: a temporary folder, removed on close. */
  readonly gitRoot?: string;
  /** The token that every request must carry (Bearer, token, or as a Basic password); absent: anyone may. */
  readonly credential?: string;
}

/** A stand-in for api.github.com, github.com and api.githubcopilot.com, all on one port, over real git. */
export interface DemoUpstream {
  readonly url: string;
  readonly repositories: Repositories;
  /** Every request whose head arrived, in order. */
  readonly log: readonly Seen[];
  /** Bytes that arrived on any connection, requests or not. */
  bytesReceived(): number;
  /** Stops listening, cuts what is open, and removes temporary repositories. */
  close(): Promise<void>;
}

const kept = 1024 * 1024;

/** Starts the demo upstream; `acme/app` is there from the beginning. */
export async function startDemoUpstream(options: DemoUpstreamOptions = {}): Promise<DemoUpstream> {
  const repositories = await Repositories.open(options.gitRoot);
  await repositories.create("acme/app");
  const routes: readonly Route[] = [
    ...githubRoutes(repositories),
    ...copilotRoutes,
    ...oddRoutes,
    ["*", /^\//, async (visit) => void ((await serveGit(visit, repositories)) || lost(visit))],
  ];
  const log: Seen[] = [];
  const server = createServer((request, response) => {
    const visit = receive(request, response, log);
    serve(visit, routes, options.credential).catch((error: unknown) => fail(visit, error));
  });
  const received = countBytes(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    repositories,
    log,
    bytesReceived: received,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await repositories.close();
    },
  };
}

async function serve(visit: Visit, routes: readonly Route[], credential?: string): Promise<void> {
  visit.response.setHeader("x-github-request-id", newRequestId());
  visit.response.setHeader("server", "sallyport-demo-upstream");
  if (credential !== undefined && !carries(visit.request, credential)) {
    visit.response.setHeader("www-authenticate", 'Basic realm="GitHub"');
    return problem(visit, 401, "Bad credentials");
  }
  if (!(await follow(routes, visit))) lost(visit);
}

function lost(visit: Visit): void {
  problem(visit, 404, "Not Found");
}

function fail(visit: Visit, error: unknown): void {
  // A client that left is no fault of ours, and has nobody to tell.
  if (visit.response.destroyed || visit.request.socket.destroyed) return;
  if (visit.response.headersSent) visit.response.destroy();
  else problem(visit, 500, error instanceof Error ? error.message : "Internal error");
}

function receive(request: IncomingMessage, response: ServerResponse, log: Seen[]): Visit {
  const method = request.method ?? "GET";
  const path = request.url ?? "/";
  const chunks: Buffer[] = [];
  let bodyBytes = 0;
  log.push({
    method,
    path,
    headers: request.headers,
    at: Date.now(),
    get bodyBytes() {
      return bodyBytes;
    },
    get body() {
      return Buffer.concat(chunks);
    },
  });
  async function* body(): AsyncGenerator<Buffer> {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      if (bodyBytes < kept) chunks.push(chunk.subarray(0, kept - bodyBytes));
      bodyBytes += chunk.length;
      yield chunk;
    }
  }
  const url = new URL(`http://upstream.test${path.startsWith("/") ? path : "/"}`);
  return { method, url, request, response, body: body() };
}

function carries(request: IncomingMessage, credential: string): boolean {
  const [scheme = "", value = ""] = (request.headers.authorization ?? "").split(" ");
  switch (scheme.toLowerCase()) {
    case "bearer":
    case "token":
      return value === credential;
    case "basic":
      return (
        Buffer.from(value, "base64").toString("utf8").split(":").slice(1).join(":") === credential
      );
    default:
      return false;
  }
}

function countBytes(server: ReturnType<typeof createServer>): () => number {
  const open = new Set<Socket>();
  let past = 0;
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => {
      open.delete(socket);
      past += socket.bytesRead;
    });
  });
  return () => [...open].reduce((sum, socket) => sum + socket.bytesRead, past);
}
