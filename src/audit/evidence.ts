import { join } from "node:path";
import type { Act } from "../core/record.ts";
import type { AuditOptions } from "./audit.ts";
import { Indexer } from "./index-file.ts";
import { type Keys, openKeys } from "./keys-file.ts";
import { referrer } from "./leaf.ts";
import { Sequencer } from "./sequencer.ts";
import { signedFile } from "./signed-file.ts";
import { type TileStore, tileFolder } from "./tile-file.ts";
import { TransparencyLog } from "./transparency-log.ts";
import type { Wal } from "./wal.ts";

/** The parts that turn records into evidence and make them findable. */
export interface Evidence {
  readonly log: TransparencyLog;
  readonly sequencer: Sequencer;
  readonly indexer: Indexer;
  readonly store: TileStore;
}

/** Where a replica keeps its records and their index. */
export function folders({ dir, replica }: Pick<AuditOptions, "dir" | "replica">) {
  return { wal: join(dir, "wal", replica), index: join(dir, "index", replica) };
}

/** Opens keys, transparency log and index; throws when what is there does not fit together. */
export async function openEvidence(options: AuditOptions, wal: Wal): Promise<Evidence> {
  const { dir, clock, checkpointEvery = 1000 } = options;
  const { wal: walDir, index } = folders(options);
  const keys = await openKeys(join(dir, "keys"), options.origin);
  const origin = keys.signers[0].name;
  const store = tileFolder(join(dir, "log"));
  const signed = signedFile(join(dir, "keys", "signed"));
  const before = (await store.read("vkeys"))?.toString();
  const log = await TransparencyLog.open({ store, signed, origin, signers: keys.signers });
  const after = (await store.read("vkeys"))?.toString() ?? "";
  if (before !== undefined && before !== after)
    void wal.keep({ kind: "act", act: keyChange(keys.signers, before) });
  const interval = checkpointEvery;
  const refer = referrer(keys.reference);
  const sequencer = await Sequencer.start({ dir: walDir, wal, log, store, refer, clock, interval });
  const indexer = await Indexer.start({ dir: index, wal, clock });
  return { log, sequencer, indexer, store };
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
