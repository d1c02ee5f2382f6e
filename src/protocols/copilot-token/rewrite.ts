import { concat, nothing, type Transform } from "../../http/transform.ts";
import type { OpenChannel } from "../protocol.ts";
import { isObject, type JsonObject } from "../strict-json.ts";
import { handleFor } from "./handle.ts";

/** What a document of Copilot's account API is changed by. */
export interface Rewriting {
  /** The token that the client showed. */
  readonly presented: string;
  /** Where a service of Copilot is to be sought instead. */
  readonly endpoint: (url: string) => string;
}

/** A document is small; one that is larger than this is withheld. */
const largest = 1024 * 1024;

/** What goes out where a document could not be read, and so not be made safe. */
const withheld = new TextEncoder().encode("{}");

/**
 * Holds a JSON document back until it is whole, then gives it with its token replaced and its endpoints pointing to
 * the gateway. `open`, where given, masks every other string. Doing it twice changes nothing more.
 */
export function rewriteTransform(rewriting: Rewriting, open?: OpenChannel): Transform {
  const chunks: Uint8Array[] = [];
  let size = 0;
  return {
    write: (chunk) => {
      size += chunk.length;
      if (size <= largest) chunks.push(chunk.slice());
      return nothing;
    },
    flush: () => {
      if (size === 0) return nothing;
      const document = size <= largest ? parse(concat(chunks)) : undefined;
      if (!isObject(document)) return withheld;
      return new TextEncoder().encode(JSON.stringify(rewriteDocument(document, rewriting, open)));
    },
  };
}

/** The document with its inference token, wherever it stands, and its endpoints replaced. */
export function rewriteDocument(
  document: JsonObject,
  { presented, endpoint }: Rewriting,
  open?: OpenChannel,
): JsonObject {
  const real = document["token"];
  const handle = typeof real === "string" && real !== "" ? handleFor(presented, real) : undefined;
  const text = (value: string, channel: string): string => {
    if (handle !== undefined && value === real) return handle;
    const cleared =
      handle === undefined || typeof real !== "string" ? value : value.replaceAll(real, handle);
    return open === undefined ? cleared : masked(cleared, open(channel));
  };
  const walk = (value: unknown, channel: string): unknown => {
    if (typeof value === "string") return text(value, channel);
    if (Array.isArray(value)) return value.map((item, index) => walk(item, `${channel}.${index}`));
    return isObject(value)
      ? mapEntries(value, (item, key) => walk(item, `${channel}.${key}`))
      : value;
  };
  return mapEntries(document, (value, key) =>
    key === "endpoints" && isObject(value)
      ? mapEntries(value, (url) => (typeof url === "string" ? endpoint(url) : url))
      : walk(value, key),
  );
}

function mapEntries(object: JsonObject, map: (value: unknown, key: string) => unknown): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}

function masked(text: string, transform: Transform): string {
  const first = transform.write(new TextEncoder().encode(text));
  return new TextDecoder().decode(concat([first, transform.flush()]));
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
