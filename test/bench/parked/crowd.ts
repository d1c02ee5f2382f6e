import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";
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
