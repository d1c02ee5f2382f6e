import { randomBytes } from "node:crypto";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Secret } from "../base/secret.ts";

/** Keys of this installation: the same as long as its state lives, different from everybody else's. */
export interface Keys {
  /** Of mask fingerprints: the same secret gives the same mark. */
  readonly fingerprint: Uint8Array;
  /** Of approvals' bindings to content. */
  readonly binding: Secret;
  /** Of the console's cookies and forms. */
  readonly console: Secret;
  /** Of recordings: wraps the keys of sessions, and signs what was closed. */
  readonly recording: Secret;
}

/** Reads the keys in `dir`, making them the first time. Throws when a key can be read by others, or is not a key. */
export function openKeys(dir: string): Keys {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return {
    fingerprint: key(join(dir, "fingerprint.key")),
    binding: new Secret(key(join(dir, "binding.key")).toString("base64url")),
    console: new Secret(key(join(dir, "console.key")).toString("base64url")),
    recording: new Secret(key(join(dir, "recording.key")).toString("base64url")),
  };
}

const LENGTH = 32;

function key(path: string): Buffer {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) make(path);
  const { mode } = statSync(path);
  if ((mode & 0o077) !== 0) throw new Error(`${path} can be read by others: chmod 600 it`);
  const bytes = Buffer.from(readFileSync(path, "utf8").trim(), "base64url");
  if (bytes.length !== LENGTH) throw new Error(`${path} does not hold a key of ${LENGTH} bytes`);
  return bytes;
}

/** Written whole under another name and then linked, so that two processes that start at once agree on one key. */
function make(path: string): void {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  writeFileSync(draft, `${randomBytes(LENGTH).toString("base64url")}\n`, {
    flag: "wx",
    mode: 0o600,
  });
  chmodSync(draft, 0o600);
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
