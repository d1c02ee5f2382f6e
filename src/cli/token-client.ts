import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parsedJson } from "../base/json.ts";
import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import type { Io } from "./command.ts";

/** What a server answered: its status and, where it is JSON, its document. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Asks one server once, follows no redirect, and sends nothing in the clear; an error is a sentence without secrets. */
export async function askServer(url: URL, request: RequestInit): Promise<Result<Answer>> {
  if (!trusted(url)) return err("tokens are only sent over https, or to this machine");
  try {
    const response = await fetch(url, {
      ...request,
      redirect: "error",
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    return ok({ status: response.status, body: parsedJson(text) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : "no answer";
    return err(`${url.origin} cannot be asked: ${why}`);
  }
}

/** The gateway's own URL: `--api`, else `SALLYPORT_API`, else this machine. */
export function gatewayUrl(path: string, api: string | undefined, io: Io): Result<URL> {
  const base = api ?? io.env["SALLYPORT_API"] ?? "http://127.0.0.1:9003";
  if (!URL.canParse(base)) return err("the gateway's address is not a URL");
  return ok(new URL(path, base.endsWith("/") ? base : `${base}/`));
}

/** Reads a secret from a file, without the white space around it. */
export async function readSecret(path: string, io: Io): Promise<Result<Secret>> {
  try {
    return ok(new Secret((await readFile(resolve(io.cwd, path), "utf8")).trim()));
  } catch {
    return err(`${path} cannot be read`);
  }
}

/** The text of one field of a document. */
export function fieldOf(document: unknown, name: string): string | undefined {
  if (typeof document !== "object" || document === null) return undefined;
  const value = Object.hasOwn(document, name)
    ? (document as Readonly<Record<string, unknown>>)[name]
    : undefined;
  return typeof value === "string" ? value : undefined;
}

function trusted({ protocol, hostname }: URL): boolean {
  const here = hostname === "localhost" || hostname === "[::1]" || /^127\.[\d.]+$/.test(hostname);
  return protocol === "https:" || (protocol === "http:" && here);
}
