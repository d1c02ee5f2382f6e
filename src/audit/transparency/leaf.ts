import { createHmac, createSecretKey } from "node:crypto";
import { Recent } from "../../base/recent.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { canonical, canonicalBytes } from "../record/canonical.ts";
import { type AuditRecord, commitment, type IntentEntry } from "../record/record.ts";

/**
 * What the transparency log holds of a record: enough to prove that nothing was lost, moved or changed, and nothing
 * that tells an outsider who did what. `commit` binds the record, names are keyed hashes.
 */
export interface Leaf {
  readonly v: 1;
  readonly replica: string;
  readonly boot: number;
  readonly seq: number;
  readonly n: number;
  readonly at: number;
  readonly kind: string;
  readonly prev: string;
  readonly commit: string;
  readonly id?: string;
  readonly decision?: string;
  readonly policy?: string;
  /** Keyed hashes (HMAC-SHA-256, hex) of the principal, the CI run, and each resource. */
  readonly actor?: string;
  readonly run?: string;
  readonly resources?: readonly string[];
}

const maxResources = 16;

/** Gives the keyed hash by which leaves name a principal, a run, a resource. */
export type Refer = (kind: "actor" | "run" | "resource", name: string) => string;

/** HMAC-SHA-256 (hex) under that key; the names of late are remembered, since the same come again and again. */
export function referrer(key: Buffer): Refer {
  const secret = createSecretKey(key);
  const known = {
    actor: new Recent<string>(4096),
    run: new Recent<string>(4096),
    resource: new Recent<string>(4096),
  };
  return (kind, name) => {
    const remembered = known[kind].get(name);
    if (remembered !== undefined) return remembered;
    const reference = createHmac("sha256", secret).update(`${kind}\n${name}`).digest("hex");
    known[kind].set(name, reference);
    return reference;
  };
}

/** A record, its bytes, and the commitment to them where it is known. */
export interface Leafed {
  readonly record: AuditRecord;
  readonly payload: Uint8Array;
  readonly commit?: string;
}

/** The bytes of a record's leaf: canonical JSON of at most 4 KiB, the same for the same record and key. */
export function encodeLeaf({ record, payload, commit }: Leafed, refer: Refer): Buffer {
  const { replica, boot, seq, n, at, prev, event } = record;
  const { actor, decision, id, policy, resources, run } = details(event, refer);
  const committed = commit ?? commitment(payload);
  // In the order in which they are spelled.
  const leaf: { readonly [Name in keyof Required<Leaf>]: Leaf[Name] | undefined } = {
    actor,
    at,
    boot,
    commit: committed,
    decision,
    id,
    kind: event.kind,
    n,
    policy,
    prev,
    replica,
    resources,
    run,
    seq,
    v: 1,
  };
  return canonicalBytes(leaf);
}

type Details = Pick<Leaf, "actor" | "decision" | "id" | "policy" | "resources" | "run">;

function details(event: AuditRecord["event"], refer: Refer): Details {
  switch (event.kind) {
    case "intent":
      return intentDetails(event.intent, refer);
    case "completion":
      return { id: event.completion.id };
    case "lost":
      return { id: event.id };
    case "act":
      return { actor: refer("actor", event.act.actor) };
    default:
      return {};
  }
}

function intentDetails(intent: IntentEntry, refer: Refer): Details {
  const { id, decision, policyDigest, principal, operations } = intent;
  const run = principal?.run;
  const all = operations.map((operation) => operation.resource);
  const resources = all.length < 2 ? all : [...new Set(all)];
  return {
    id,
    decision,
    ...(policyDigest === undefined ? {} : { policy: policyDigest }),
    ...(principal === undefined ? {} : { actor: refer("actor", principal.id) }),
    ...(run === undefined ? {} : { run: refer("run", `${run.repositoryId}/${run.runId}`) }),
    resources: resources.slice(0, maxResources).map((name) => refer("resource", name)),
  };
}

/** Reads a leaf; it must be the very bytes that `encodeLeaf` would spell. */
export function parseLeaf(entry: Buffer): Result<Leaf> {
  try {
    const value = JSON.parse(entry.toString());
    if (canonical(value) !== entry.toString()) return err("a leaf that is not canonical JSON");
    const sound =
      value.v === 1 &&
      typeof value.replica === "string" &&
      [value.boot, value.seq, value.n].every(Number.isSafeInteger) &&
      [value.prev, value.commit, value.kind].every((text) => typeof text === "string");
    return sound ? ok(value) : err("a leaf that lacks what every leaf has");
  } catch {
    return err("a leaf that is not JSON");
  }
}
