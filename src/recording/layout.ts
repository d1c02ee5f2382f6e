import { join } from "node:path";

/** Where a session's parts are, with `SHA256SUMS` and its signature. */
export function sessionFolder(dir: string, session: string): string {
  return join(dir, "sessions", plain(session));
}

/** Where the wrapped keys of a session's parts are: apart from them, so that they can be destroyed alone. */
export function keyFolder(dir: string, session: string): string {
  return join(dir, "keys", plain(session));
}

/** Where the summaries of all sessions are. */
export function indexFile(dir: string): string {
  return join(dir, "index.jsonl");
}

/** Names that come from outside never lead out of a folder. */
function plain(name: string): string {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(name)) throw new TypeError("not the name of a session");
  return name;
}
