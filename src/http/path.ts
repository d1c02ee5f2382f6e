import { err, ok, type Result } from "../base/result.ts";

/** A request target in the one form that we judge. */
export interface Path {
  /** Decoded once; never empty, never `.` or `..`. A segment may hold a `/` that came as `%2F` (git refs do). */
  readonly segments: readonly string[];
  /** Undecoded, without the `?`; empty where there is none. */
  readonly query: string;
}

/**
 * Reads path and query (RFC 3986 section 3.3) and refuses every spelling that two servers could read
 * differently: dot segments, empty segments, backslashes, path parameters, control bytes, bad or double encoding.
 * One trailing slash is dropped.
 */
export function parsePath(target: string): Result<Path> {
  const [path = "", ...rest] = target.split("?");
  const query = rest.join("?");
  if (!path.startsWith("/")) return err("the path must start with a slash");
  if (target.includes("#")) return err("the path must not carry a fragment");
  const raw = path.slice(1).split("/");
  if (raw.at(-1) === "") raw.pop();
  const segments: string[] = [];
  for (const part of raw) {
    const segment = decodeSegment(part);
    if (!segment.ok) return segment;
    segments.push(segment.value);
  }
  return ok({ segments, query });
}

function decodeSegment(part: string): Result<string> {
  if (part === "") return err("the path has an empty segment");
  if (part.includes(";")) return err("the path has a path parameter");
  let segment: string;
  try {
    segment = decodeURIComponent(part);
  } catch {
    return err("the path is not valid percent-encoded UTF-8");
  }
  const pieces = segment.split("/");
  if (pieces.some((piece) => piece === "." || piece === ".."))
    return err("the path has a dot segment");
  if (pieces.length > 1 && pieces.includes("")) return err("the path has an empty segment");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what it looks for
  if (/[\u0000-\u001f\u007f\\]/.test(segment))
    return err("the path has a control byte or a backslash");
  if (/%[0-9a-fA-F]{2}/.test(segment)) return err("the path is percent-encoded twice");
  return ok(segment);
}
