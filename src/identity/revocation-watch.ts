import type { Identity, Revocation } from "./identity.ts";
import type { SessionStore } from "./sessions/store.ts";

type Callbacks = Map<string, Set<() => void>>;

/** Follows the store's revocations and calls back those whose identity one of them ends. */
export function revocationWatch(
  store: Pick<SessionStore, "follow">,
): (identity: Identity, callback: () => void) => () => void {
  const watched: Callbacks = new Map();
  store.follow((revocation) => {
    // A copy: a callback may well stop its own watch.
    for (const callback of [...(watched.get(keyOf(revocation)) ?? [])]) callback();
  });
  return (identity, callback) => {
    const keys: string[] = [identity.session];
    if (identity.grant !== undefined) keys.push(identity.grant);
    const stop = () => {
      for (const key of keys) remove(watched, key, once);
    };
    const once = () => {
      stop();
      callback();
    };
    for (const key of keys) add(watched, key, once);
    return stop;
  };
}

function keyOf(revocation: Revocation): string {
  return revocation.kind === "grant" ? revocation.grant : revocation.session;
}

function add(watched: Callbacks, key: string, callback: () => void): void {
  const callbacks = watched.get(key);
  if (callbacks === undefined) watched.set(key, new Set([callback]));
  else callbacks.add(callback);
}

function remove(watched: Callbacks, key: string, callback: () => void): void {
  const callbacks = watched.get(key);
  callbacks?.delete(callback);
  if (callbacks?.size === 0) watched.delete(key);
}
