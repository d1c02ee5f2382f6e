import type { JsonPath, Treatment } from "../../http/json-edit.ts";

/** MCP results: embedded files are base64 (`resource.blob`); pictures and sound are left alone. */
export function treatMcp(path: JsonPath): Treatment | undefined {
  const last = path[path.length - 1];
  if (last === "blob") return { kind: "base64" };
  return last === "data" && path.includes("content") ? { kind: "keep" } : undefined;
}

/** GitHub's API: the `content` of a file or blob, in GraphQL its `contents`, is base64; where it is not, it is read as text. */
export function treatGithub(path: JsonPath): Treatment | undefined {
  const last = path[path.length - 1];
  return last === "content" || last === "contents" ? { kind: "base64" } : undefined;
}
