import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createSecureServer, TLSSocket } from "node:tls";
import { stopwatch } from "../../base/stopwatch.ts";
import { claimSocket, inUse } from "../socket-server.ts";
import type {
  Drain,
  Fault,
  OpenStream,
  ServerTls,
  TransportOptions,
  TransportServer,
} from "../transport.ts";
import { answerWith } from "./calls.ts";
import { Connection } from "./connection.ts";
import { Health } from "./health.ts";
import { Keepalive } from "./keepalive.ts";
import type { Wire } from "./outbox.ts";
import { ReadShare } from "./read-share.ts";
import type { Answer } from "./streams.ts";

/** How long a connection that we end may take to hear of it, in milliseconds. */
const goodbye = 2000;

/** Milliseconds of work on what sockets brought after which not one frame more is read in the same turn of the event loop. */
const longestRead = 4;

/** So many turns others have then, unless they took as long as the read did: where there is nothing to do they take no time. */
const turnsOfOthers = 6;

/** Serves ext_proc at `unix:<path>` or `<host>:<port>`, by HTTP/2 of our own. Rejects when the address cannot be had. */
export async function serveHttp2(
  address: string,
  openStream: OpenStream,
  { tls, fault }: TransportOptions = {},
): Promise<TransportServer> {
  await claimSocket(address);
  const health = new Health();
  const answer = answerWith(openStream, health);
  const connections = new Map<Socket, Connection>();
  const share = new ReadShare(longestRead);
  const server = serverWith(tls, (socket) => {
    if (socket instanceof TLSSocket && socket.alpnProtocol !== "h2") socket.destroy();
    else
      connections.set(
        socket,
        carry(socket, { answer, fault, share }, () => connections.delete(socket)),
      );
  });
  const sockets = new Set<Socket>();
  // Also those that have not shown their certificate yet.
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  const listening = await listen(server, address);
  return {
    address: listening,
    drain: (how) => drain(server, { sockets, connections, health }, how),
  };
}

function serverWith(tls: ServerTls | undefined, open: (socket: Socket) => void): Server {
  if (tls === undefined) return createServer({ noDelay: true }, open);
  const { certificate: cert, key, authority: ca } = tls;
  const ours = { cert, key, ca, requestCert: true, rejectUnauthorized: true };
  return createSecureServer({ ...ours, ALPNProtocols: ["h2"], noDelay: true }, open);
}

function listen(server: Server, address: string): Promise<string> {
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

interface Answering {
  readonly answer: Answer;
  readonly fault: Fault | undefined;
  readonly share: ReadShare;
}

/** Joins a socket to a connection for as long as it lasts. */
function carry(socket: Socket, { answer, fault, share }: Answering, gone: () => void): Connection {
  const connection = new Connection(wireOf(socket), answer, fault);
  const keepalive = new Keepalive(
    () => connection.ping(),
    () => socket.destroy(),
  );
  const read = (bytes: Buffer): void => {
    const elapsed = stopwatch();
    const rest = share.left > 0 ? connection.read(bytes, share.left) : bytes;
    const took = elapsed();
    share.spend(took);
    if (rest.length === 0 && share.left > 0) {
      if (socket.isPaused()) socket.resume();
      return;
    }
    // What has come besides is read when others have had their turns.
    socket.pause();
    afterOthers(turnsOfOthers, took, () => (rest.length > 0 ? read(rest) : socket.resume()));
  };
  socket.on("data", (bytes: Buffer) => {
    keepalive.heard();
    read(bytes);
  });
  socket.on("drain", () => connection.drained());
  // A connection that breaks is told of by its close.
  socket.on("error", () => undefined);
  socket.on("close", () => {
    keepalive.stop();
    gone();
    connection.lost();
  });
  return connection;
}

/** Acts after that many turns of the event loop, or once they have taken that many milliseconds. */
function afterOthers(turns: number, ms: number, act: () => void): void {
  const elapsed = stopwatch();
  setImmediate(() => {
    const left = ms - elapsed();
    if (turns > 1 && left > 0) afterOthers(turns - 1, left, act);
    else act();
  });
}

/** What one event and all that follows from it at once write leaves in one call of the system. */
function wireOf(socket: Socket): Wire {
  let corked = false;
  const uncork = (): void => {
    corked = false;
    socket.uncork();
  };
  return {
    get waiting() {
      return socket.writableLength;
    },
    write(bytes) {
      if (!socket.writable) return;
      if (!corked) {
        corked = true;
        socket.cork();
        // Behind what is still to be written in this tick, a body's last piece; before other work has its turn.
        process.nextTick(process.nextTick, uncork);
      }
      socket.write(bytes);
    },
    end() {
      if (!socket.writable) return;
      socket.end();
      const late = setTimeout(() => socket.destroy(), goodbye).unref();
      socket.once("close", () => clearTimeout(late));
    },
    destroy: () => void socket.destroy(),
  };
}

interface Served {
  readonly sockets: ReadonlySet<Socket>;
  readonly connections: ReadonlyMap<Socket, Connection>;
  readonly health: Health;
}

async function drain(
  server: Server,
  { sockets, connections, health }: Served,
  { notice = 0, deadline, handOver = false }: Drain,
): Promise<void> {
  health.stop();
  if (health.asked) await new Promise((resolve) => setTimeout(resolve, notice));
  if (handOver) for (const connection of connections.values()) connection.handOver();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, deadline);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    // GOAWAY: open streams come to their end, new ones go elsewhere.
    for (const connection of connections.values()) connection.leave();
  });
}
