import { execFileSync, spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Refusal } from "../../../../src/core/refusal.ts";
import { Fields } from "../../../../src/http/fields.ts";
import type { Reply } from "../../../../src/http/message.ts";
import { passThrough } from "../../../../src/http/transform.ts";
import { parseTree } from "../../../../src/protocols/objects/parse-object.ts";
import type { Commit, ObjectSource } from "../../../../src/protocols/objects/source.ts";
import type { Protocol, RequestParser } from "../../../../src/protocols/protocol.ts";
import { listenLocally } from "../../../support/ports.ts";
import { type Ask, headOf, targetOf } from "../asking.ts";

/** Runs git in a directory, under a clock and a name that never change. */
export function git(cwd: string, ...args: readonly string[]): string {
  return execFileSync("git", args, { cwd, encoding: "utf8", env: gitEnv, stdio: "pipe" }).trim();
}

export const gitEnv = {
  PATH: process.env["PATH"],
  HOME: "/nonexistent",
  LC_ALL: "C.UTF-8",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_AUTHOR_NAME: "A",
  GIT_AUTHOR_EMAIL: "a@example.com",
  GIT_COMMITTER_NAME: "A",
  GIT_COMMITTER_EMAIL: "a@example.com",
  GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z",
  GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z",
};

/** The objects of a bare repository, as an upstream's API would give them. */
export function objectsIn(bare: string): ObjectSource & { asked: number } {
  const read = (...args: readonly string[]): Buffer | undefined => {
    source.asked += 1;
    try {
      return execFileSync("git", args, {
        cwd: bare,
        env: gitEnv,
        stdio: ["ignore", "pipe", "ignore"],
      });
    } catch {
      return undefined;
    }
  };
  const commitOf = (id: string): Commit | undefined => {
    const lines = read("rev-list", "-1", "--parents", "--format=%T", id)
      ?.toString()
      .trim()
      .split("\n");
    const [, ...parents] = lines?.[0]?.split(" ").slice(1) ?? [];
    const tree = lines?.[1];
    return tree === undefined ? undefined : { tree, parents };
  };
  const source = {
    asked: 0,
    commit: async (_resource: string, id: string) => commitOf(id),
    tree: async (_resource: string, id: string) => {
      const content = read("cat-file", "tree", id);
      return content && parseTree(content, id.length === 64 ? "sha256" : "sha1");
    },
    tip: async (_resource: string, ref: string) =>
      read("rev-parse", "--verify", "-q", `${ref}^{commit}`)?.toString().trim() ?? null,
    mergeBase: async (_resource: string, a: string, b: string) =>
      read("merge-base", a, b)?.toString().trim(),
  };
  return source;
}

/** What a host does with a request that was read: a refusal, or nothing. */
export type Judge = (parser: RequestParser, ask: Ask) => Promise<Refusal | undefined>;

export interface GitHost {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `{root}/{owner}/{repository}.git` with git's own `http-backend`, every request judged first. */
export async function startGitHost(
  root: string,
  protocol: Protocol,
  judge: Judge,
): Promise<GitHost> {
  const server = createServer((request, response) => {
    void serve(root, protocol, judge, request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  const port = await listenLocally(server);
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function serve(
  root: string,
  protocol: Protocol,
  judge: Judge,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const ask: Ask = {
    kind: "git",
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers as Record<string, string>,
  };
  const parser = protocol.parse(headOf(ask), targetOf(ask));
  let reading = parser.begin();
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (parser.kept === undefined) chunks.push(chunk);
    if (reading.kind === "more" || parser.kept !== undefined) reading = parser.write(chunk);
  }
  if (reading.kind === "more") parser.end();
  const refusal = await judge(parser, ask);
  if (refusal !== undefined) answer(response, parser.refuse(refusal));
  else await backend(root, protocol, ask, parser, chunks, response);
  parser.close?.();
}

function answer(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, reply.headers);
  response.end(reply.body);
}

/** A CGI call (RFC 3875) of git-http-backend. */
async function backend(
  root: string,
  protocol: Protocol,
  ask: Ask,
  parser: RequestParser,
  chunks: readonly Buffer[],
  response: ServerResponse,
): Promise<void> {
  const [path = "", query = ""] = ask.path.split("?");
  const child = spawn("git", ["http-backend"], {
    env: {
      ...gitEnv,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      REMOTE_USER: "tester",
      REQUEST_METHOD: ask.method,
      PATH_INFO: path,
      QUERY_STRING: query,
      CONTENT_TYPE: ask.headers?.["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: ask.headers?.["content-encoding"] ?? "",
      GIT_PROTOCOL: ask.headers?.["git-protocol"] ?? "",
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const { kept } = parser;
  if (kept !== undefined)
    for (let at = 0; at < kept.size; ) {
      const slice = kept.read(at, 1 << 16);
      at += slice.length;
      if (!child.stdin.write(slice)) await new Promise((next) => child.stdin.once("drain", next));
    }
  for (const chunk of chunks) child.stdin.write(chunk);
  child.stdin.end();
  const output: Buffer[] = [];
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) output.push(chunk);
  const whole = Buffer.concat(output);
  const end = whole.indexOf("\r\n\r\n");
  const lines = whole.subarray(0, end).toString().split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const [name = "", ...value] = line.split(": ");
    return [name.toLowerCase(), value.join(": ")];
  });
  const status = Number(headers.find(([name]) => name === "status")?.[1]?.slice(0, 3) ?? 200);
  const fields = new Fields(headers.filter(([name]) => name !== "status"));
  const lens = protocol.responseLens?.({ status, fields }, headOf(ask));
  const edit = typeof lens === "function" ? lens(() => passThrough) : undefined;
  const body = whole.subarray(end + 4);
  response.writeHead(status, Object.fromEntries(fields));
  response.end(edit === undefined ? body : Buffer.concat([edit.write(body), edit.flush()]));
}
