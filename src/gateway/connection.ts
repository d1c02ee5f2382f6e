import type { Opening } from "../core/recording.ts";
import type { Connection } from "../core/target.ts";

const known = new WeakMap<Connection, Opening["connection"]>();

/** A connection as records and recordings name it: one object for all of its requests. */
export function told(connection: Connection): Opening["connection"] {
  const before = known.get(connection);
  if (before !== undefined) return before;
  const { name, kind, upstream } = connection;
  const made = { name, kind, upstream: upstream.origin };
  known.set(connection, made);
  return made;
}
