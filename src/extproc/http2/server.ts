import {
  constants,
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { claimSocket, inUse } from "../socket-server.ts";
import type {
  Drain,
  OpenStream,
  ServerTls,
  StreamListener,
  TransportServer,
} from "../transport.ts";
import { Call, status } from "./call-server.ts";
import { Health } from "./health.ts";

const path = "/envoy.service.ext_proc.v3.ExternalProcessor/Process";
const MIB = 1_048_576;

/**
 * Streams that may be reset: Envoy ends each with RST_STREAM, and the budget of Node's own server (nodejs/node#56306)
 * would end its connection. Pings, settings, headers and continuations are bounded as Node and nghttp2 bound them.
 */
const resets = { streamResetBurst: 10_000_000, streamResetRate: 10_000_000 } as object;
const bounds = {
  ...resets,
  // What is parked counts; how many may be is for the gateway to say.
  maxSessionMemory: 65_536,
  maxHeaderListPairs: 256,
  maxSessionInvalidFrames: 100,
  settings: {
    enablePush: false,
    initialWindowSize: 256 * 1024,
    maxConcurrentStreams: 65_536,
    maxHeaderListSize: 65_536,
  },
};
const connectionWindow = 16 * MIB;
const pingEvery = 30_000;
const pingTimeout = 10_000;

/** Serves ext_proc over node:http2 at `unix:<path>` or `<host>:<port>`. Rejects when the address cannot be had. */
export async function serveHttp2(
  address: string,
  openStream: OpenStream,
  options: { readonly tls?: ServerTls } = {},
): Promise<TransportServer> {
  await claimSocket(address);
  const server = serverWith(options.tls);
  const sessions = new Set<ServerHttp2Session>();
  const open = new Set<StreamListener>();
  const health = new Health();
  server.on("session", (session: ServerHttp2Session) => watch(session, sessions));
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    // A stream that breaks is told of by its close.
    stream.on("error", () => undefined);
    const refused = refusalOf(headers);
    if (refused !== undefined) refuse(stream, refused);
    else if (headers[":path"] === path) attach(new Call(stream, headers), openStream, open);
    else if (!health.answer(headers[":path"] ?? "", () => new Call(stream, headers)))
      refuse(stream, { "grpc-status": `${status.unimplemented}` });
  });
  const listening = await listen(server, address);
  return {
    address: listening,
    drain: (how) => drain(server, { sessions, open, health }, how),
  };
}

function serverWith(tls: ServerTls | undefined): Http2Server {
  if (tls === undefined) return createServer(bounds);
  const { certificate: cert, key, authority: ca } = tls;
  return createSecureServer({ ...bounds, cert, key, ca, requestCert: true });
}

function listen(server: Http2Server, address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "EADDRINUSE" ? inUse(address, error) : error),
    );
    if (address.startsWith("unix:")) {
      server.listen(address.slice("unix:".length), () => resolve(address));
      return;
    }
    const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(address) ?? [];
    server.listen(Number(port), host.replace(/^\[|\]$/g, ""), () => {
      const bound = server.address() as AddressInfo;
      resolve(address.replace(/:\d+$/, `:${bound.port}`));
    });
  });
}

/** What a request that is no call of gRPC is answered; undefined where it is one. */
function refusalOf(
  headers: IncomingHttpHeaders,
): Readonly<Record<string, string | number>> | undefined {
  if (headers[":method"] !== "POST") return { ":status": constants.HTTP_STATUS_METHOD_NOT_ALLOWED };
  if (!/^application\/grpc($|[+;])/.test(headers["content-type"] ?? ""))
    return { ":status": constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE };
  return undefined;
}

function refuse(
  stream: ServerHttp2Stream,
  headers: Readonly<Record<string, string | number>>,
): void {
  stream.respond(
    { ":status": 200, "content-type": "application/grpc", ...headers },
    { endStream: true },
  );
  stream.resume();
}

function attach(call: Call, openStream: OpenStream, open: Set<StreamListener>): void {
  const listener = openStream(call);
  open.add(listener);
  call.listen({
    message: (bytes) => listener.message(bytes),
    drained: () => listener.drained(),
    halfClosed: () => listener.halfClosed(),
    handOver: () => listener.handOver(),
    closed: () => {
      open.delete(listener);
      listener.closed();
    },
  });
}

/** Asks now and then whether somebody is still there, so that what a dead Envoy left open comes to its end. */
function watch(session: ServerHttp2Session, sessions: Set<ServerHttp2Session>): void {
  sessions.add(session);
  session.setLocalWindowSize(connectionWindow);
  const timer = setInterval(() => {
    if (session.destroyed) return;
    const dead = setTimeout(() => session.destroy(), pingTimeout).unref();
    session.ping(() => clearTimeout(dead));
  }, pingEvery);
  timer.unref();
  // A connection that breaks is told of by its close.
  session.on("error", () => undefined);
  session.on("close", () => {
    clearInterval(timer);
    sessions.delete(session);
  });
}

interface Served {
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  readonly open: ReadonlySet<StreamListener>;
  readonly health: Health;
}

async function drain(
  server: Http2Server,
  { sessions, open, health }: Served,
  { notice = 0, deadline, handOver = false }: Drain,
): Promise<void> {
  health.stop();
  if (health.asked) await new Promise((resolve) => setTimeout(resolve, notice));
  if (handOver) for (const listener of [...open]) listener.handOver();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      for (const session of sessions) session.destroy();
    }, deadline);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    // GOAWAY: open streams come to their end, new ones go elsewhere.
    for (const session of sessions) session.close();
  });
}
