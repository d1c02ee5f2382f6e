import type { JsonPath, Treatment } from "../../http/json-edit.ts";

/** Encrypted or signed by the upstream: one changed byte and the next turn is refused. */
const opaque = new Set(["reasoning_opaque", "encrypted_content", "signature", "obfuscation"]);

/**
 * Values that must not be changed are kept; log probabilities, which spell the text out again token by token,
 * are taken out.
 */
export function opaqueOrLogprobs(path: JsonPath): Treatment | undefined {
  const last = path[path.length - 1];
  if (typeof last !== "string") return undefined;
  if (opaque.has(last)) return { kind: "keep" };
  if (last === "logprobs" && path.some((name) => typeof name === "number"))
    return { kind: "replace", json: "null" };
  return undefined;
}
