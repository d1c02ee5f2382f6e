import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { pipeline } from "node:stream/promises";
import type { Repositories } from "./repositories.ts";
import { json, problem, readAll, type Visit } from "./visit.ts";

const service =
  /^\/([^/]+\/[^/]+?)(?:\.git)?(\/(?:info\/refs|HEAD|objects\/.+|git-(?:upload|receive)-pack))$/;
const lfs = /^\/([^/]+\/[^/]+?)(?:\.git)?\/info\/lfs\/(objects\/batch|locks\/verify)$/;

/** Serves git's smart HTTP through the real `git http-backend` (gitprotocol-http(5)), and the LFS batch call. */
export async function serveGit(visit: Visit, repositories: Repositories): Promise<boolean> {
  const path = visit.url.pathname;
  const match = service.exec(path) ?? lfs.exec(path);
  const name = match?.[1];
  if (name === undefined) return false;
  if (!repositories.has(name)) problem(visit, 404, "Not Found");
  else if (lfs.test(path)) await serveLfs(visit);
  else await runBackend(visit, repositories.root, `/${name}.git${match?.[2] ?? ""}`);
  return true;
}

async function serveLfs(visit: Visit): Promise<void> {
  visit.response.setHeader("content-type", "application/vnd.git-lfs+json");
  if (visit.url.pathname.endsWith("/locks/verify"))
    return json(visit, 200, { ours: [], theirs: [] });
  const batch = JSON.parse((await readAll(visit)).toString("utf8")) as {
    objects?: readonly object[];
  };
  const objects = (batch.objects ?? []).map((object) => ({ ...object, actions: {} }));
  json(visit, 200, { transfer: "basic", objects });
}

async function runBackend(visit: Visit, root: string, path: string): Promise<void> {
  const child = spawn("git", ["http-backend"], { env: cgi(visit, root, path) });
  // A client that leaves half-way must not look like one that finished: never end git's input early.
  visit.response.once("close", () => child.kill("SIGKILL"));
  child.stderr.resume();
  const feeding = pipeline(visit.body, child.stdin).catch(() => undefined);
  const rest = await answerHead(visit, child);
  if (rest === undefined) return problem(visit, 500, "git http-backend gave no answer");
  visit.response.write(rest);
  await Promise.all([pipeline(child.stdout, visit.response), feeding]);
}

/** Reads the CGI head (RFC 3875 section 6), sends it on, and gives the bytes of the body that came with it. */
async function answerHead(
  visit: Visit,
  child: ChildProcessWithoutNullStreams,
): Promise<Buffer | undefined> {
  let seen = Buffer.alloc(0);
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    seen = Buffer.concat([seen, chunk]);
    const end = seen.indexOf("\r\n\r\n");
    if (end < 0) continue;
    let status = 200;
    for (const line of seen.subarray(0, end).toString("latin1").split("\r\n")) {
      const colon = line.indexOf(":");
      const [field, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      if (field === "status") status = Number.parseInt(value, 10);
      else visit.response.setHeader(field, value);
    }
    visit.response.writeHead(status);
    return seen.subarray(end + 4);
  }
  return undefined;
}

function cgi(visit: Visit, root: string, path: string): Record<string, string> {
  const { headers } = visit.request;
  const encoding = headers["content-encoding"];
  const protocol = headers["git-protocol"];
  const length = headers["content-length"];
  return {
    PATH: process.env["PATH"] ?? "",
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    REMOTE_USER: "demo",
    REMOTE_ADDR: "127.0.0.1",
    REQUEST_METHOD: visit.method,
    PATH_INFO: path,
    QUERY_STRING: visit.url.search.slice(1),
    CONTENT_TYPE: headers["content-type"] ?? "",
    ...(length === undefined ? {} : { CONTENT_LENGTH: length }),
    ...(encoding === undefined ? {} : { HTTP_CONTENT_ENCODING: encoding }),
    ...(typeof protocol === "string" ? { GIT_PROTOCOL: protocol } : {}),
  };
}
