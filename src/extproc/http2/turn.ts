import type { Sender } from "./sender.ts";
import type { Stream } from "./stream.ts";

/** What is put off to the end of a turn of the event loop, so that it happens once, and not within something else. */
export class Turn {
  readonly #sender: Sender;
  readonly #settled: () => void;
  readonly #later = new Set<Stream>();
  #gone: Stream[] = [];
  #coming = false;

  /** `settled` is called when a turn is over and all of it is written. */
  constructor(sender: Sender, settled: () => void) {
    this.#sender = sender;
    this.#settled = settled;
  }

  /** Something is to be sent. */
  wake(): void {
    if (this.#coming) return;
    this.#coming = true;
    process.nextTick(settle, this);
  }

  /** A turn begins at whose end `settle` will be called. */
  begin(): void {
    this.#coming = true;
  }

  later(stream: Stream): void {
    this.#later.add(stream);
    this.wake();
  }

  /** Nothing will come of that stream any more. */
  gone(stream: Stream): void {
    this.#gone.push(stream);
    this.wake();
  }

  settle(): void {
    this.#coming = false;
    for (const stream of this.#later) {
      this.#later.delete(stream);
      stream.goOn();
    }
    this.#sender.pump();
    const gone = this.#gone;
    this.#gone = [];
    for (const stream of gone) stream.close();
    this.#sender.outbox.flush();
    this.#settled();
  }
}

function settle(turn: Turn): void {
  turn.settle();
}
