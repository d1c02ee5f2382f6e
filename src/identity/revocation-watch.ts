import { TransientMap } from "../base/transient-map.ts";
import type { Identity, Revocation } from "./identity.ts";
import type { SessionStore } from "./sessions/store.ts";

/** So many revocations are remembered for those that begin to watch just after one was told. */
const remembered = 1000;

/** Follows the store's revocations and calls back those whose identity one of them ends. */
export function revocationWatch(
  store: Pick<SessionStore, "follow">,
): (identity: Identity, callback: () => void) => () => void {
  const watched = new Map<string, TransientMap<object, () => void>>();
  const recent = new Set<string>();
  store.follow((revocation) => {
    const key = keyOf(revocation);
    remember(recent, key);
    // Those of now: each callback stops its own watch.
    for (const callback of watched.get(key)?.values() ?? []) callback();
  });
  return (identity, callback) => {
    const keys = keysOf(identity);
    // Not the callback, which an exchange hangs on.
    const watch = {};
    const stop = () => {
      for (const key of keys) {
        watched.get(key)?.delete(watch);
        if (watched.get(key)?.size === 0) watched.delete(key);
      }
    };
    const once = () => {
      stop();
      callback();
    };
    if (keys.some((key) => recent.has(key))) queueMicrotask(once);
    for (const key of keys) {
      const others = watched.get(key) ?? new TransientMap();
      watched.set(key, others);
      others.set(watch, once);
    }
    return stop;
  };
}

function keyOf(revocation: Revocation): string {
  return revocation.kind === "grant" ? revocation.grant : revocation.session;
}

function keysOf({ session, grant }: Identity): readonly string[] {
  return grant === undefined ? [session] : [session, grant];
}

function remember(recent: Set<string>, key: string): void {
  recent.delete(key);
  recent.add(key);
  const [oldest] = recent;
  if (recent.size > remembered && oldest !== undefined) recent.delete(oldest);
}
