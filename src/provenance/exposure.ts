/** What an audit record says of one exchange, as far as secrets go. */
export interface ExposedExchange {
  readonly record: string;
  readonly at: number;
  /** Whether nothing of it went on: it was refused, or it failed before anything moved. */
  readonly refused: boolean;
  readonly findings: readonly { readonly rule: string; readonly fingerprint: string }[];
  /** How often each rule found something, what is left out of `findings` included. */
  readonly counts: Readonly<Record<string, number>>;
  /** Bytes that went on unread, by reason. */
  readonly unread: Readonly<Record<string, number>>;
}

/** A secret that was met, by its rule and keyed fingerprint. Never the value. */
export interface MetSecret {
  readonly rule: string;
  readonly fingerprint: string;
  /** How often it was seen, and what became of it: replaced by a mark, or within a request that was refused. */
  readonly seen: number;
  readonly masked: number;
  readonly refused: number;
  /** The audit records in which it was met, oldest first, 100 at most. */
  readonly records: readonly string[];
}

/** Which secrets were met in some exchanges, and how much went through that nobody looked at. */
export interface Exposure {
  readonly exchanges: number;
  readonly secrets: readonly MetSecret[];
  /** Findings by rule that no record tells one by one: there were too many in one exchange. */
  readonly more: Readonly<Record<string, number>>;
  /** What was let through: bytes that were not read for secrets, by reason. A secret that is recognised never is. */
  readonly letThrough: Readonly<Record<string, number>>;
}

const mostRecords = 100;

/** Adds up what these exchanges, oldest first, met. */
export function exposureOf(exchanges: readonly ExposedExchange[]): Exposure {
  const secrets = new Map<string, MetSecret>();
  const more: Record<string, number> = {};
  const letThrough: Record<string, number> = {};
  for (const { record, refused, findings, counts, unread } of exchanges) {
    const left = new Map(Object.entries(counts));
    for (const { rule, fingerprint } of findings) {
      const key = `${rule} ${fingerprint}`;
      const known = secrets.get(key) ?? {
        ...{ rule, fingerprint, seen: 0, masked: 0, refused: 0, records: [] },
      };
      secrets.set(key, met(known, record, refused));
      left.set(rule, (left.get(rule) ?? 1) - 1);
    }
    add(more, left);
    if (!refused) add(letThrough, new Map(Object.entries(unread)));
  }
  return { exchanges: exchanges.length, secrets: [...secrets.values()], more, letThrough };
}

function met(known: MetSecret, record: string, refused: boolean): MetSecret {
  const { records } = known;
  const told = records.at(-1) === record || records.length >= mostRecords;
  return {
    ...known,
    seen: known.seen + 1,
    masked: known.masked + (refused ? 0 : 1),
    refused: known.refused + (refused ? 1 : 0),
    records: told ? records : [...records, record],
  };
}

function add(sums: Record<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [name, count] of more) if (count > 0) sums[name] = (sums[name] ?? 0) + count;
}
