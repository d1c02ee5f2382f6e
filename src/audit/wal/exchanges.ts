import { TransientMap } from "../../base/transient-map.ts";
import type { Item } from "../record/exchange.ts";
import type { AuditRecord, IntentEntry } from "../record/record.ts";
import type { Held } from "./cursor-file.ts";
import type { Position } from "./segment.ts";

/** An item and the places of its records. */
export interface Placed {
  readonly item: Item;
  readonly from: Position;
  readonly to: Position;
}

interface Begun {
  readonly intent: IntentEntry;
  readonly index: number;
  readonly from: Position;
}

/** Puts the two records of each exchange together as they come by, in the order in which exchanges end. */
export class Exchanges {
  readonly #open = new TransientMap<string, Begun>();

  /** The item that this record makes whole, if it does. */
  take(record: AuditRecord, at: Position): Placed | undefined {
    const { event, replica } = record;
    switch (event.kind) {
      case "intent":
        this.#open.set(event.intent.id, { intent: event.intent, index: record.n, from: at });
        return undefined;
      case "completion":
      case "lost": {
        const id = event.kind === "lost" ? event.id : event.completion.id;
        const begun = this.#open.get(id);
        if (begun === undefined) return undefined;
        this.#open.delete(id);
        const { intent, index, from } = begun;
        const ended = event.kind === "lost" ? {} : { completion: event.completion };
        return { item: { kind: "exchange", replica, intent, index, ...ended }, from, to: at };
      }
      case "act":
        return { item: { kind: "act", record, act: event.act }, from: at, to: at };
      default:
        return undefined;
    }
  }

  /** The exchanges that have begun and not ended. */
  held(): readonly Held[] {
    return this.#open.entries().map(([id, { from }]) => ({ id, from }));
  }
}
