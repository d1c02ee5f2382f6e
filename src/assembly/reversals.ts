import { createHmac } from "node:crypto";
import type { Reversible, Whose } from "../actions/mask/index.ts";
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/schema.ts";
import { createSeal } from "../console/seal.ts";
import { type Kept, type SessionParts, SessionReversal } from "../detection/reversible/session.ts";
import type { ReversalStore } from "../detection/reversible/store.ts";
import type { Keys } from "./keys-file.ts";
import type { HouseMaskers } from "./maskers.ts";
import type { State } from "./state.ts";

interface Parts {
  readonly clock: Clock;
  readonly fault: (where: string, error: unknown) => void;
  readonly keys: Keys;
  readonly maskers: HouseMaskers;
}

const sweepEvery = 3_600_000;

/** The same maskers, which can also put secrets away where `state` keeps them. What was not used for too long is swept. */
export function withReversals(
  { masking }: Pick<Config, "masking">,
  { reversals: store }: Pick<State, "reversals">,
  { clock, fault, keys, maskers }: Parts,
  closing: (closer: () => void) => void,
): HouseMaskers {
  closing(sweeping(store, clock, fault));
  const most = masking.placeholders;
  return { ...maskers, reversible: openReversals({ store, most, keys, maskers }) };
}

/**
 * Opens what was put away for one caller, session and connection: sealed for these alone, and kept under a name that
 * tells nothing of them.
 */
export function openReversals({
  store,
  most,
  keys,
  maskers,
}: Pick<Parts, "keys" | "maskers"> & {
  readonly store: ReversalStore;
  readonly most: SessionParts["most"];
}): (whose: Whose) => Promise<Reversible> {
  const seal = createSeal(keys.binding, "placeholders");
  const open = async ({ principal, session, target }: Whose): Promise<Reversible> => {
    const place = JSON.stringify([principal.id, session, target.connection.name]);
    const name = createHmac("sha256", keys.binding.reveal())
      .update(`placeholders ${place}`)
      .digest("hex");
    const sealed = (placeholder: string, value: Uint8Array): string =>
      seal.close(JSON.stringify([place, placeholder, Buffer.from(value).toString("base64")]));
    const kept = new Map(
      [...(await store.read(name))].flatMap(([placeholder, text]) => {
        const [whose, which, value] = JSON.parse(seal.open(text) ?? "[]") as readonly string[];
        const ours = whose === place && which === placeholder && value !== undefined;
        return ours ? [[placeholder, Buffer.from(value, "base64")] as const] : [];
      }),
    );
    const save = (found: Kept): Promise<boolean> =>
      store.add(name, new Map([...found].map(([key, value]) => [key, sealed(key, value)])));
    const { fingerprint } = maskers;
    const reversal = new SessionReversal({ fingerprint, kept, save, most });
    return { reversal, masker: (sets) => maskers.replacing(sets, reversal.replace) };
  };
  const opened = new WeakMap<Whose, Promise<Reversible>>();
  return (whose) => {
    const known = opened.get(whose) ?? open(whose);
    opened.set(whose, known);
    return known;
  };
}

function sweeping(store: ReversalStore, clock: Clock, fault: Parts["fault"]): () => void {
  let stop: () => void = () => undefined;
  const plan = (): void => {
    store.sweep().catch((error) => fault("placeholders", error));
    stop = clock.after(sweepEvery, plan);
  };
  plan();
  return () => stop();
}
