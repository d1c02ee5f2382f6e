import { Fields } from "../../../src/http/fields.ts";
import type { RequestHead } from "../../../src/http/message.ts";

/** The head of a request with those header lines. */
export function head(
  lines: readonly (readonly [string, string])[],
  path = "/api/v3/user",
): RequestHead {
  return {
    method: "GET",
    scheme: "https",
    authority: "gateway.test",
    path,
    fields: new Fields(lines),
  };
}

export function bearer(token: string, path?: string): RequestHead {
  return head([["authorization", `Bearer ${token}`]], path);
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}
