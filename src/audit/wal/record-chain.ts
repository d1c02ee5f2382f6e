import { type AuditEvent, commitment, type Mark } from "../record/record.ts";
import { RecordFrames } from "./record-frames.ts";
import type { Heading } from "./segment-writer.ts";
import type { Framed } from "./tail.ts";

/** What becomes a record: the event, and how it is spelled. */
export interface Spelled {
  readonly event: AuditEvent;
  readonly text: Buffer;
}

/** Records that may come next, in the bytes of their frames. */
export interface Links {
  readonly bytes: Buffer;
  readonly framed: readonly Framed[];
  /** The commitment to the last of them. */
  readonly commit: string;
}

/** Bytes that a record takes besides its event, more than nearly any. */
const aroundText = 1024;

/** The records of a replica so far: how the next is numbered, what it commits to, and which exchanges have not ended. */
export class RecordChain {
  readonly replica: string;
  readonly boot: number;
  readonly #open: Set<string>;
  #seq = 0;
  #n: number;
  #prev: string;

  /** Begins a boot behind what earlier ones left: their number of records, the last commitment, exchanges that are open. */
  constructor(
    replica: string,
    boot: number,
    before: { readonly n: number; readonly prev: string; readonly open: Iterable<string> },
  ) {
    this.replica = replica;
    this.boot = boot;
    this.#n = before.n;
    this.#prev = before.prev;
    this.#open = new Set(before.open);
  }

  /** The last record of this boot. */
  mark(): Mark {
    return { boot: this.boot, seq: this.#seq - 1, commit: this.#prev };
  }

  /** How many records there are, over all boots. */
  count(): number {
    return this.#n;
  }

  isOpen(exchange: string): boolean {
    return this.#open.has(exchange);
  }

  /** What a segment says that begins here. */
  heading(): Heading {
    const { replica, boot } = this;
    const [first, prev, n] = [this.#seq, this.#prev, this.#n];
    return { replica, boot, first, prev, n, open: [...this.#open] };
  }

  /** The records that would follow; they are of the chain once `take` is called. */
  next(events: readonly Spelled[], at: number): Links {
    const { replica, boot } = this;
    let room = 0;
    for (const { text } of events) room += text.length + aroundText;
    const frames = new RecordFrames(room);
    const framed: Framed[] = [];
    let [seq, prev, n] = [this.#seq, this.#prev, this.#n];
    for (const { event, text } of events) {
      const head = { replica, boot, seq, n, at, prev };
      const payload = frames.add(head, text);
      prev = commitment(payload);
      seq += 1;
      n += 1;
      framed.push({ record: { v: 1, ...head, event }, payload, commit: prev });
    }
    return { bytes: frames.all(), framed, commit: prev };
  }

  /** They are durable, and the next ones follow them. */
  take({ framed, commit }: Links): void {
    for (const { record } of framed) trackOpen(this.#open, record.event);
    this.#prev = commit;
    this.#seq += framed.length;
    this.#n += framed.length;
  }
}

/** Keeps a set of the exchanges that were begun and have not ended. */
export function trackOpen(open: Set<string>, event: AuditEvent): void {
  if (event.kind === "intent") open.add(event.intent.id);
  if (event.kind === "completion") open.delete(event.completion.id);
  if (event.kind === "lost") open.delete(event.id);
}
