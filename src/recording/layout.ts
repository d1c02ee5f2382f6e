/** Where a session's parts are, with `SHA256SUMS` and its signature. */
export function sessionFolder(session: string): string {
  return `sessions/${plain(session)}`;
}

/** Where the wrapped keys of a session's parts are: apart from them, so that they can be destroyed alone. */
export function keyFolder(session: string): string {
  return `keys/${plain(session)}`;
}

/** Names that come from outside never lead out of a folder. */
function plain(name: string): string {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(name)) throw new TypeError("not the name of a session");
  return name;
}
