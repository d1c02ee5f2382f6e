/** What one end sends to the other. */
type Message =
  | { readonly kind: "ask"; readonly id: number; readonly what: string; readonly given: unknown }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "fault"; readonly id: number; readonly message: string }
  | { readonly kind: "tell"; readonly what: string; readonly given: unknown };

/** A channel between two processes, as Node gives it to parent and child: structured clones, in order. */
export interface Channel {
  readonly connected?: boolean;
  send?(message: unknown, sent: (error: Error | null) => void): unknown;
  on(event: "message", listener: (message: unknown) => void): unknown;
  on(event: "disconnect", listener: () => void): unknown;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Answers a question of the other end; what it rejects with, the one who asked is told. */
export type Handler = (given: never) => unknown;

/** One end of the line between a supervisor and one of its processes: questions with answers, and things said. */
export class Line {
  readonly #channel: Channel;
  readonly #handlers = new Map<string, Handler>();
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.on("message", (message) => void this.#take(message as Message));
    channel.on("disconnect", () => {
      for (const { reject } of this.#waiting.values()) reject(gone());
      this.#waiting.clear();
    });
  }

  /** Says who answers a question, or hears what is told. */
  on(what: string, handler: Handler): this {
    this.#handlers.set(what, handler);
    return this;
  }

  /** The other end's answer; rejects when it fails, is gone, or does not come within so many milliseconds. */
  ask(what: string, given: unknown, within: number): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`no answer to "${what}" in ${within} ms`));
      }, within);
      const settle = (act: () => void) => () => {
        clearTimeout(late);
        act();
      };
      this.#waiting.set(id, {
        resolve: (value) => settle(() => resolve(value))(),
        reject: (error) => settle(() => reject(error))(),
      });
      this.#send({ kind: "ask", id, what, given });
    });
  }

  /** Says something that wants no answer; lost when nobody is there. */
  tell(what: string, given: unknown): void {
    this.#send({ kind: "tell", what, given });
  }

  async #take(message: Message): Promise<void> {
    if (message.kind === "tell") {
      this.#handlers.get(message.what)?.(message.given as never);
      return;
    }
    if (message.kind === "ask") {
      this.#send(await this.#answer(message));
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === "answer") waiting?.resolve(message.value);
    else waiting?.reject(new Error(message.message));
  }

  async #answer({ id, what, given }: Extract<Message, { kind: "ask" }>): Promise<Message> {
    try {
      const handler = this.#handlers.get(what);
      if (handler === undefined) throw new Error(`nobody answers "${what}"`);
      return { kind: "answer", id, value: await handler(given as never) };
    } catch (error) {
      return { kind: "fault", id, message: error instanceof Error ? error.message : "a fault" };
    }
  }

  #send(message: Message): void {
    const lost = (): void => {
      if (message.kind !== "ask") return;
      this.#waiting.get(message.id)?.reject(gone());
      this.#waiting.delete(message.id);
    };
    if (this.#channel.connected !== true) lost();
    else this.#channel.send?.(message, (error) => error !== null && lost());
  }
}

function gone(): Error {
  return new Error("the other process is gone");
}
