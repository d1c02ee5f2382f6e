import type { Clock } from "../base/clock.ts";
import { isNonEmpty } from "../base/non-empty.ts";
import { unreachable } from "../base/unreachable.ts";
import type { Gone } from "../core/departure.ts";
import type { ApprovalId, RecordId } from "../core/ids.ts";
import { handedOver, type Parking, proceed, type Refuse, type Settled } from "../core/outcome.ts";
import type { ApprovalStore } from "./store.ts";
import type { Ticket } from "./ticket.ts";
import { type Waited, waitFor } from "./wait.ts";
import type { WaitingRoom } from "./waiting-room.ts";
import { gone, stillPending, turnedDown } from "./words.ts";

export interface ParkParts {
  readonly store: ApprovalStore;
  readonly room: WaitingRoom;
  readonly clock: Clock;
  /** The address at which people see an approval. */
  readonly link: (id: string) => string | undefined;
  /** Told of each request that went on, with the milliseconds since the last word was said. */
  readonly resumed: (after: number) => void;
}

export interface ParkOrder {
  readonly ticket: Ticket;
  /** The exchange that waits. */
  readonly record: RecordId;
  readonly hold: number;
  readonly onLeave: "cancel" | "keep";
}

/**
 * The approvals that one request needs. They are used up together or not at all, so that a request that waits for two
 * people does not spend the word of the first while the second is thinking.
 */
export class Group {
  readonly #parts: ParkParts;
  #orders: readonly ParkOrder[] = [];
  #settled: Promise<Settled> | undefined;

  constructor(parts: ParkParts) {
    this.#parts = parts;
  }

  /** Adds one approval to those that are needed. */
  park(order: ParkOrder): Parking {
    // As long as it must be: one that was spread or pushed to has room for sixteen more.
    this.#orders = this.#orders.concat(order);
    this.#settled = undefined;
    return {
      approval: order.ticket.id,
      hold: order.hold,
      settle: (client) => {
        this.#settled ??= this.#settle(client);
        return this.#settled;
      },
    };
  }

  // No async function: what one keeps while it waits is many times as much, and thousands may wait.
  #settle(client: Gone): Promise<Settled> {
    const orders = this.#orders;
    const waits = orders.filter(isOpen).map((order) => this.#wait(order, client));
    return first(waits).then((refusal) => refusal ?? this.#use(orders.filter(isOpen)));
  }

  /** Uses them up, now that each was given. */
  async #use(orders: readonly ParkOrder[]): Promise<Settled> {
    const ids = orders.map(({ ticket }) => ticket.id);
    const record = orders[0]?.record;
    this.#orders = [];
    if (!isNonEmpty(ids) || record === undefined) return proceed;
    const { store, clock, resumed } = this.#parts;
    const used = await store.consume(ids, record);
    if (!used.ok) return this.#overtaken(ids);
    for (const { says } of used.value) resumed(clock.now() - Math.max(...says.map(({ at }) => at)));
    return proceed;
  }

  // Something happened between the last look and the use: say what.
  async #overtaken(ids: readonly ApprovalId[]): Promise<Refuse> {
    for (const id of ids) {
      const approval = await this.#parts.store.get(id);
      if (approval !== undefined && approval.standing.state !== "approved")
        return turnedDown(id, approval.standing);
    }
    throw new Error("an approval that was given could not be used");
  }

  /** Waits for one approval. Undefined: it was given. */
  #wait(order: ParkOrder, client: Gone): Promise<Refuse | undefined> {
    return waitFor(this.#parts, order.ticket.id, order.hold, client).then((waited) =>
      this.#answer(order, waited, client),
    );
  }

  #answer(
    { ticket, record, onLeave }: ParkOrder,
    waited: Waited,
    client: Gone,
  ): Refuse | undefined | Promise<Refuse> {
    const { id } = ticket;
    switch (waited.kind) {
      case "approved":
        return undefined;
      case "settled":
        return waited.standing.state === "approved" ? undefined : turnedDown(id, waited.standing);
      case "held":
        return stillPending(ticket, this.#parts.link(id));
      case "lost":
        return gone(id);
      case "left": {
        const pending = stillPending(ticket, this.#parts.link(id));
        if (onLeave === "keep" || client.reason === handedOver) return pending;
        return this.#parts.store.apply(id, { kind: "cancel", by: record }).then(() => pending);
      }
      default:
        return unreachable(waited);
    }
  }
}

/** Whether its approval is still to be waited for and used up: a grant is neither. */
function isOpen({ ticket }: ParkOrder): boolean {
  return !ticket.granted;
}

/** The first refusal of many, as soon as there is one; undefined once all are through. */
function first(waits: readonly Promise<Refuse | undefined>[]): Promise<Refuse | undefined> {
  const [only] = waits;
  if (only !== undefined && waits.length === 1) return only;
  return new Promise((resolve, reject) => {
    for (const wait of waits)
      wait.then((refusal) => refusal !== undefined && resolve(refusal), reject);
    Promise.all(waits).then(() => resolve(undefined), reject);
  });
}
