import type { NonEmpty } from "../base/non-empty.ts";
import { err, type Result } from "../base/result.ts";
import type { Operation } from "../core/operation.ts";
import { concat } from "../http/transform.ts";
import type { Reading, RequestParser } from "../protocols/protocol.ts";
import type { Spool } from "../spool/spool.ts";

/** How a direction of the exchange ended: with its head, with a body chunk, or with trailers. */
export type End = "head" | "body" | "trailers";

export interface BodyFault {
  readonly code: "malformed" | "too_large";
  readonly message: string;
}
type Operations = Result<NonEmpty<Operation>, BodyFault>;

const SLICE = 65_536;
const EARLY = 1_048_576;

/**
 * The body of a request that has not been let go on. It waits in the spool, or in the parser where that keeps it
 * itself, and the parser reads it as it comes.
 */
export class HeldBody {
  readonly #spool: Spool;
  readonly #limit: number;
  #parser: RequestParser | undefined;
  #answer: ((operations: Operations) => void) | undefined;
  /** What the parser has read, or will read first. */
  #read: Uint8Array[] = [];
  #size = 0;
  #end: End | undefined;
  /** The parser could not tell before the end. */
  #through = false;
  /** Bytes of the parser's own copy that have been taken out again. */
  #taken = 0;
  #closed = false;
  #asked: (() => void) | undefined;

  /** `limit`: bytes that may be held in memory for judging. */
  constructor(spool: Spool, limit: number) {
    this.#spool = spool;
    this.#limit = limit;
  }

  get end(): End | undefined {
    return this.#end;
  }

  /** It has ended, and `judged` gives all of it. */
  get whole(): boolean {
    const read = this.#read.reduce((size, chunk) => size + chunk.length, 0);
    return this.#end !== undefined && this.#parser?.judged === undefined && read === this.#size;
  }

  /** It is whole because the parser wanted all of it, and not because it happened to come at once. */
  get readThrough(): boolean {
    return this.#through && this.whole;
  }

  /** Takes a chunk; a promise says that the sender must pause until it resolves. */
  push(chunk: Uint8Array): Promise<void> | undefined {
    this.#size += chunk.length;
    if (this.#answer !== undefined && this.#parser?.kept !== undefined) {
      this.#feed(this.#parser, chunk);
      return undefined;
    }
    if (this.#answer !== undefined && this.#parser !== undefined) {
      this.#keep(chunk);
      this.#feed(this.#parser, chunk);
    } else if (this.#parser === undefined) this.#keep(chunk);
    const kept = this.#spool.write(chunk);
    // Before anybody has asked for the body, no more of it is taken in than a little.
    const early = this.#parser === undefined && !this.#closed && this.#size > EARLY;
    return early ? new Promise((resolve) => this.#whenAsked(resolve)) : kept;
  }

  finish(end: End): void {
    this.#end = end;
    if (this.#answer !== undefined && this.#parser !== undefined) this.#finish(this.#parser);
  }

  /** What the parser makes of the body: resolves as soon as it can tell, which may be before the body ends. */
  async read(parser: RequestParser): Promise<Operations> {
    // A parser that keeps its own copy takes over what came before it was asked.
    while (parser.kept !== undefined && (await this.#spool.take()) !== undefined);
    const early = this.#read;
    if (parser.kept !== undefined) this.#read = [];
    this.#asked?.();
    return new Promise((resolve) => {
      this.#parser = parser;
      this.#answer = resolve;
      this.#take(parser.begin());
      for (const chunk of early) this.#feed(parser, chunk);
      if (this.#end !== undefined && this.#answer !== undefined) this.#finish(parser);
    });
  }

  /** The bytes that decide what is asked. */
  judged(): Uint8Array {
    return this.#parser?.judged?.() ?? concat(this.#read);
  }

  /** The oldest bytes not yet taken; undefined when none are left now. */
  async take(): Promise<Uint8Array | undefined> {
    const kept = this.#parser?.kept;
    if (kept === undefined || this.#taken >= kept.size) return this.#spool.take();
    const slice = kept.read(this.#taken, Math.min(SLICE, kept.size - this.#taken));
    if (slice.length === 0) throw new Error("the parser lost bytes that it kept");
    this.#taken += slice.length;
    return slice;
  }

  /** Forgets the body. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#read = [];
    this.#asked?.();
    this.#spool.close();
    this.#parser?.close?.();
  }

  /** Mostly it comes in one piece, and then a list of one is no longer than that. */
  #keep(chunk: Uint8Array): void {
    if (this.#read.length === 0) this.#read = [chunk];
    else this.#read.push(chunk);
  }

  #whenAsked(go: () => void): void {
    const before = this.#asked;
    const asked = () => {
      before?.();
      go();
    };
    this.#asked = asked;
  }

  #feed(parser: RequestParser, chunk: Uint8Array): void {
    if (this.#answer === undefined) return;
    if (this.#size > this.#limit && parser.kept === undefined) {
      const message = `the request body is larger than the ${this.#limit} bytes that can be judged`;
      this.#reply(err({ code: "too_large", message }));
      return;
    }
    this.#take(parser.write(chunk));
  }

  #take(reading: Reading): void {
    if (reading.kind === "read") this.#settle(reading.operations);
  }

  #finish(parser: RequestParser): void {
    this.#through = true;
    this.#settle(parser.end());
  }

  #settle(operations: Result<NonEmpty<Operation>>): void {
    this.#reply(operations.ok ? operations : err({ code: "malformed", message: operations.error }));
  }

  #reply(operations: Operations): void {
    this.#answer?.(operations);
    this.#answer = undefined;
  }
}
