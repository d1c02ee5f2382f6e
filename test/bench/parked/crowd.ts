import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { ServeStack } from "../../support/serve-stack.ts";

/** So many requests of one caller, over HTTP/2, to be parked: each would make a label in a repository that the upstream has not, `p0`, `p1`, … */
export interface Crowd {
  /** Resolves with the status of each when all have an answer. */
  readonly answers: Promise<readonly number[]>;
  /** How many have an answer now. */
  answered(): number;
  close(): void;
}

// Envoy allows a hundred streams for a connection.
const perConnection = 90;
/** So many requests have gone through before anything is measured: what a process takes once is nobody's share. */
const first = 4000;

/** Has a processor answer until it has compiled what it needs, and V8 has grown the nursery that it wants. */
export async function warm(stack: ServeStack): Promise<void> {
  const { token } = await stack.access();
  const session = connect(stack.proxy, { ca: readFileSync(stack.ca, "utf8") });
  const path = "/api/v3/repos/acme/app/issues";
  let left = first;
  const some = async () => {
    for (; left > 0; left--) {
      const stream = session.request({ ":path": path, authorization: `Bearer ${token}` });
      stream.resume().end();
      await once(stream, "close");
    }
  };
  await Promise.all(Array.from({ length: 40 }, some));
  session.destroy();
}

export async function gather(stack: ServeStack, size: number): Promise<Crowd> {
  const { token } = await stack.access({ exp: Math.floor(Date.now() / 1000) + 3000 });
  const ca = readFileSync(stack.ca, "utf8");
  const sessions = Array.from({ length: Math.ceil(size / perConnection) }, () =>
    connect(stack.proxy, { ca }),
  );
  let answered = 0;
  const statuses = Array.from({ length: size }, async (_, i) => {
    const session = sessions[Math.floor(i / perConnection)];
    if (session === undefined) throw new Error("there is no session");
    const status = await create(session, token ?? "", `p${i}`);
    answered += 1;
    return status;
  });
  return {
    answers: Promise.all(statuses),
    answered: () => answered,
    close: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

async function create(session: ClientHttp2Session, token: string, name: string): Promise<number> {
  const stream = session.request({
    ":path": `/api/v3/repos/acme/${name}/labels`,
    ":method": "POST",
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
  });
  stream.resume();
  stream.end(JSON.stringify({ name }));
  const [headers] = await once(stream, "response");
  return Number(headers[":status"]);
}

/** Resident memory of a process, in bytes. Linux. */
export function resident(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** A way to ask a processor that is started with this environment for the bytes that it keeps when all garbage is gone. */
export function liveProbe(): {
  readonly env: Readonly<Record<string, string>>;
  live(pid: number): Promise<number>;
} {
  const file = join(tmpdir(), `live-${process.pid}`);
  const env = {
    NODE_OPTIONS: `--import=${join(import.meta.dirname, "live-child.ts")}`,
    LIVE: file,
  };
  return {
    env,
    live: async (pid) => {
      process.kill(pid, "SIGPWR");
      while (!existsSync(file)) await pause(50);
      const bytes = Number(readFileSync(file, "utf8"));
      rmSync(file);
      return bytes;
    },
  };
}
