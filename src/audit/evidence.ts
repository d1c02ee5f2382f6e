import { join } from "node:path";
import type { Act } from "../core/record.ts";
import type { AuditOptions } from "./audit.ts";
import { Indexer } from "./index/index-file.ts";
import { JointPart } from "./joint/part.ts";
import { type Keys, openKeys } from "./transparency/keys-file.ts";
import { referrer } from "./transparency/leaf.ts";
import { Sequencer } from "./transparency/sequencer.ts";
import { signedFile } from "./transparency/signed-file.ts";
import { tileFolder } from "./transparency/tile-file.ts";
import type { TileStore } from "./transparency/tile-store.ts";
import { TransparencyLog } from "./transparency/transparency-log.ts";
import { cosignedBy } from "./transparency/witness-client.ts";
import type { Position } from "./wal/segment.ts";
import type { Wal } from "./wal/wal.ts";

/** What turns records into evidence: a transparency log of this replica's own, or one that several share. */
export interface Evidence {
  readonly store: Pick<TileStore, "read">;
  /** The keys that sign, the current one first. */
  readonly signers: Keys["signers"];
  /** The newest signed checkpoint, and how many entries it is over. */
  checkpoint(): { readonly note: string | undefined; readonly size: number };
  /** Where record `n` of this replica stands in the log; undefined while it is in no checkpoint. */
  indexOf(n: number): Promise<number | undefined>;
  /** The oldest place in the write-ahead log that is not known to be in a published checkpoint. */
  floor(): Position | undefined;
  /** Why the log does not grow, if so. */
  failure(): Error | undefined;
  /** Publishes what it can. */
  stop(): Promise<void>;
}

/** Where a replica keeps its records and their index. */
export function folders({ dir, replica }: Pick<AuditOptions, "dir" | "replica">) {
  return { wal: join(dir, "wal", replica), index: join(dir, "index", replica) };
}

/** Opens the index; throws when what is there does not fit together. */
export function openIndexer(options: AuditOptions, wal: Wal): Promise<Indexer> {
  return Indexer.start({ dir: folders(options).index, wal, clock: options.clock });
}

/** Opens keys and transparency log; throws when what is there does not fit together. */
export async function openEvidence(options: AuditOptions, wal: Wal): Promise<Evidence> {
  const { dir, shared } = options;
  const keys = await openKeys(shared?.keys ?? join(dir, "keys"), options.origin);
  const store = shared?.store ?? tileFolder(join(dir, "log"));
  const before = (await store.read("vkeys"))?.toString();
  const evidence =
    shared === undefined
      ? await openOwn(options, wal, keys, store)
      : await openShared({ ...options, shared }, wal, keys);
  const after = keys.signers.map(({ verifier }) => `${verifier.vkey}\n`).join("");
  if (before !== undefined && before !== after)
    void wal.keep({ kind: "act", act: keyChange(keys.signers, before) });
  return evidence;
}

async function openOwn(
  options: AuditOptions,
  wal: Wal,
  keys: Keys,
  store: TileStore,
): Promise<Evidence> {
  const { dir, clock, checkpointEvery: interval = 1000 } = options;
  const signed = signedFile(join(dir, "keys", "signed"));
  const { signers } = keys;
  const origin = signers[0].name;
  const now = () => clock.now();
  const own = { store, signed, origin, signers, now };
  const log = await TransparencyLog.open({ ...own, ...witnessed(options) });
  const refer = referrer(keys.reference);
  const walDir = folders(options).wal;
  const sequencer = await Sequencer.start({ dir: walDir, wal, log, store, refer, clock, interval });
  return {
    store,
    signers,
    checkpoint: () => ({ note: log.checkpoint(), size: log.published().size }),
    indexOf: async (n) => (n < log.published().size ? n : undefined),
    floor: () => sequencer.floor(),
    failure: () => sequencer.failure(),
    stop: () => sequencer.stop(),
  };
}

async function openShared(
  options: AuditOptions & Required<Pick<AuditOptions, "shared">>,
  wal: Wal,
  { signers, reference }: Keys,
): Promise<Evidence> {
  const { shared, replica, clock, checkpointEvery: interval = 1000 } = options;
  const evidence = await JointPart.start({
    ...shared,
    ...{ replica, wal, clock, signers, reference, interval },
    walDir: folders(options).wal,
    dir: join(options.dir, "joint", replica),
    ...witnessed(options),
  });
  const { monitor } = evidence;
  return {
    store: shared.store,
    signers,
    checkpoint: () => monitor.checkpoint(),
    indexOf: (n) => monitor.indexOf(n),
    floor: () => monitor.position(),
    failure: () => evidence.failure(),
    stop: () => evidence.stop(),
  };
}

function witnessed({ witnesses }: AuditOptions): { cosign?: ReturnType<typeof cosignedBy> } {
  return witnesses === undefined ? {} : { cosign: cosignedBy(witnesses) };
}

/** Which keys sign from now on, and which do no longer: by their ids, as signature lines show them. */
function keyChange(signers: Keys["signers"], before: string): Act {
  const now = new Set(signers.map((signer) => signer.id));
  const gone = before.split("\n").flatMap((line) => {
    const id = line.split("+")[1];
    return id === undefined || now.has(id) ? [] : [id];
  });
  return {
    action: "key.change",
    actor: "sallyport",
    subject: [...now].join(","),
    outcome: "success",
    ...(gone.length === 0 ? {} : { detail: `no longer signing: ${gone.join(",")}` }),
  };
}
