import { readFileSync } from "node:fs";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Connection } from "../../core/target.ts";
import { concat, nothing } from "../../http/transform.ts";
import { PackReader } from "../git/pack/reader.ts";
import type { OpenPackSpool, PackSpool } from "../git/pack/spool.ts";
import { flushPacket, packet, readPacket } from "../git/pkt-line.ts";
import { hashOf } from "../objects/parse-object.ts";
import type { Commit, TreeEntry } from "../objects/source.ts";
import { brandOf } from "../resource.ts";
import type { ApiClientOptions } from "./client.ts";

/** Objects that were fetched; ids are proof of content. */
export interface Fetched {
  commit(id: string): Promise<(Commit & { readonly message: string }) | undefined>;
  tree(id: string): Promise<readonly TreeEntry[] | undefined>;
  /** A file's content; `undefined` also for one of more than 32 MiB. */
  blob(id: string): Promise<Uint8Array | undefined>;
  close(): void;
}

/** Fetches a commit of a repository (`github.com/acme/app`) with all its files, and so many generations before it. */
export type FetchCommits = (
  resource: string,
  tip: string,
  depth: number,
) => Promise<Fetched | undefined>;

export interface FetchOptions extends Omit<ApiClientOptions, "timeout"> {
  readonly spool: OpenPackSpool;
  readonly timeout: number;
  /** The longest pack that is read, in bytes. */
  readonly longest: number;
  /** The longest file that is of use, in bytes: a longer one is not known. */
  readonly longestBlob: number;
}

/**
 * A client of git's protocol version 2 (gitprotocol-v2, "fetch") through the git connection that serves a brand host.
 * Undefined where there is no such connection, or the upstream does not have the commit; rejects when it cannot be asked.
 */
export function fetchClient(options: FetchOptions): FetchCommits {
  return async (resource, tip, depth) => {
    const [host = "", ...name] = resource.split("/");
    const connection = options.connections.find(
      (candidate) => candidate.kind === "git" && brandOf(candidate) === host,
    );
    if (connection === undefined) return undefined;
    const spool = options.spool();
    try {
      const response = await post(options, connection, `/${name.join("/")}.git`, tip, depth);
      if (!(await receive(response, spool, options.longest))) {
        spool.close();
        return undefined;
      }
    } catch (error) {
      spool.close();
      throw error;
    }
    const pack = new PackReader(spool, 0, hashOf(tip), {
      blobs: true,
      longestBlob: options.longestBlob,
    });
    return {
      commit: async (id) => {
        const [commit, found] = [await pack.commit(id), await pack.find(id)];
        if (commit === undefined || found === undefined) return undefined;
        const text = Buffer.from(found.content).toString("utf8");
        return { ...commit, message: text.slice(text.indexOf("\n\n") + 2) };
      },
      tree: (id) => pack.tree(id),
      blob: async (id) => {
        const found = await pack.find(id);
        return found?.type === "blob" ? found.content : undefined;
      },
      close: () => spool.close(),
    };
  };
}

async function post(
  { authorization, authority, timeout }: FetchOptions,
  connection: Connection,
  repository: string,
  tip: string,
  depth: number,
): Promise<IncomingMessage> {
  const url = new URL(`${repository}/git-upload-pack`, connection.upstream);
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  const secret = await authorization(connection);
  const ca = authority?.(connection);
  const body = concat([
    packet("command=fetch\n"),
    packet(`object-format=${hashOf(tip)}\n`),
    Buffer.from("0001"),
    ...["ofs-delta", "no-progress", `deepen ${depth}`, `want ${tip}`, "done"].map((line) =>
      packet(`${line}\n`),
    ),
    flushPacket,
  ]);
  return new Promise((resolve, reject) => {
    const call = send(
      url,
      {
        method: "POST",
        signal: AbortSignal.timeout(timeout),
        ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
        headers: {
          "content-type": "application/x-git-upload-pack-request",
          accept: "application/x-git-upload-pack-result",
          "git-protocol": "version=2",
          "user-agent": "git/sallyport",
          ...(secret === undefined ? {} : { authorization: secret.reveal() }),
        },
      },
      resolve,
    );
    call.once("error", reject);
    call.end(body);
  });
}

/** Spools the pack; false where the answer has none. */
async function receive(
  response: IncomingMessage,
  spool: PackSpool,
  longest: number,
): Promise<boolean> {
  const answer: Answer = { rest: nothing, packing: false, over: false };
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    answer.rest = concat([answer.rest, chunk]);
    readPackets(answer, spool);
    if (answer.over) return false;
    if (spool.size > longest) throw new Error("the repository is too large to be read");
  }
  return answer.packing && response.statusCode === 200;
}

interface Answer {
  rest: Uint8Array;
  /** The pack has begun. */
  packing: boolean;
  /** Nothing of use follows. */
  over: boolean;
}

function readPackets(answer: Answer, spool: PackSpool): void {
  let at = 0;
  for (let read = readPacket(answer.rest, at); read.kind !== "more"; ) {
    if (read.kind === "bad") answer.over = true;
    if (read.kind === "bad") return;
    if (read.kind === "line") readLine(answer, read.payload, spool);
    at = read.next;
    read = readPacket(answer.rest, at);
  }
  answer.rest = answer.rest.slice(at);
}

/** Sideband: 1 is the pack, 2 what git says meanwhile, 3 that it gave up. */
function readLine(answer: Answer, payload: Uint8Array, spool: PackSpool): void {
  if (!answer.packing)
    answer.packing = Buffer.from(payload).toString("latin1").trim() === "packfile";
  else if (payload[0] === 1) spool.append(payload.subarray(1));
  else if (payload[0] === 3) answer.over = true;
}
