import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { visible } from "../approvals/visible.ts";
import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import type { Io } from "./command.ts";

/** Where the API is and who calls, as options of the command line. */
export const callerOptions = {
  api: { type: "string" },
  "token-file": { type: "string" },
  json: { type: "boolean" },
} as const;

export const callerUsage = "[--api URL] [--token-file FILE] [--json]";

export interface CallerOptions {
  readonly api?: string | undefined;
  readonly "token-file"?: string | undefined;
}

/** What the API answered: a document, or why not. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Calls the API of one room once. An error is a sentence: no token, no connection, no JSON. */
export async function callApi(
  path: string,
  { api, "token-file": file }: CallerOptions,
  io: Io,
  body?: object,
  room = "approvals",
): Promise<Result<Answer>> {
  const target = await targetOf(`${room}${path}`, { api, "token-file": file }, io);
  if (!target.ok) return target;
  const { url, token } = target.value;
  try {
    const response = await fetch(url, requestOf(token, body));
    return ok({ status: response.status, body: await response.json() });
  } catch (error) {
    return err(`${url.origin} cannot be asked: ${reasonOf(error)}`);
  }
}

/** Opens a stream of server-sent events of the API; where it is refused, the document that says why. */
export async function openStream(
  path: string,
  options: CallerOptions,
  { io, signal }: { readonly io: Io; readonly signal: AbortSignal },
): Promise<ReadableStream<Uint8Array> | Result<Answer>> {
  const target = await targetOf(path, options, io);
  if (!target.ok) return target;
  const { url, token } = target.value;
  const headers = { authorization: `Bearer ${token.reveal()}`, accept: "text/event-stream" };
  try {
    const response = await fetch(url, { headers, redirect: "error", signal });
    if (response.status === 200 && response.body !== null) return response.body;
    return ok({ status: response.status, body: await response.json() });
  } catch (error) {
    return err(`${url.origin} cannot be asked: ${reasonOf(error)}`);
  }
}

async function targetOf(
  path: string,
  { api, "token-file": file }: CallerOptions,
  io: Io,
): Promise<Result<{ readonly url: URL; readonly token: Secret }>> {
  const token = await tokenFrom(file, io);
  if (!token.ok) return token;
  const base = api ?? io.env["SALLYPORT_API"] ?? "http://127.0.0.1:9003";
  if (!URL.canParse(base)) return err(`${base} is not a URL`);
  const url = new URL(`api/v1/${path}`, base.endsWith("/") ? base : `${base}/`);
  if (!safe(url)) return err("a token is only sent over https, or to this machine");
  return ok({ url, token: token.value });
}

function requestOf(token: Secret, body: object | undefined): RequestInit {
  const authorization = `Bearer ${token.reveal()}`;
  const common = { redirect: "error", signal: AbortSignal.timeout(30_000) } as const;
  if (body === undefined) return { ...common, headers: { authorization } };
  const headers = { authorization, "content-type": "application/json" };
  return { ...common, method: "POST", headers, body: JSON.stringify(body) };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "no answer";
  return error.cause instanceof Error ? error.cause.message : error.message;
}

const problem = z.object({ detail: z.string() });

// Safe for a terminal.
function refusalIn({ status, body }: Answer): string {
  const read = problem.safeParse(body);
  return visible(read.success ? read.data.detail : `the API answered ${status}`);
}

// An argument would show in the list of processes.
async function tokenFrom(file: string | undefined, io: Io): Promise<Result<Secret>> {
  const name = file ?? io.env["SALLYPORT_TOKEN_FILE"];
  const token = io.env["SALLYPORT_TOKEN"];
  if (name === undefined && token === undefined)
    return err("set SALLYPORT_TOKEN, or name a file with --token-file: an OIDC token of yours");
  if (name === undefined) return ok(new Secret(token ?? ""));
  try {
    return ok(new Secret((await readFile(resolve(io.cwd, name), "utf8")).trim()));
  } catch {
    return err(`${name} cannot be read`);
  }
}

function safe({ protocol, hostname }: URL): boolean {
  const here = hostname === "localhost" || hostname === "[::1]" || /^127\.[\d.]+$/.test(hostname);
  return protocol === "https:" || (protocol === "http:" && here);
}

/** Says why there is no answer, or why the answer is no, and gives the exit status; undefined where it is yes. */
export function refused(answer: Result<Answer>, io: Io): 1 | 2 | undefined {
  if (!answer.ok) {
    io.err(answer.error);
    return 2;
  }
  if (answer.value.status === 200) return undefined;
  io.err(refusalIn(answer.value));
  return answer.value.status === 400 ? 2 : 1;
}
