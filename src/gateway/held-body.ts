import type { NonEmpty } from "../base/non-empty.ts";
import { err, type Result } from "../base/result.ts";
import type { Operation } from "../core/operation.ts";
import { concat, nothing } from "../http/transform.ts";
import type { Reading, RequestParser } from "../protocols/protocol.ts";
import type { Spool } from "../spool/spool.ts";

/** How a direction of the exchange ended: with its head, with a body chunk, or with trailers. */
export type End = "head" | "body" | "trailers";

type Operations = Result<NonEmpty<Operation>, BodyFault>;
export interface BodyFault {
  readonly code: "malformed" | "too_large";
  readonly message: string;
}

/** The body of a request that has not been let go on: read by the parser as it comes, kept in the spool. */
export class HeldBody {
  readonly #spool: Spool;
  readonly #limit: number;
  #parser: RequestParser | undefined;
  #answer: ((operations: Operations) => void) | undefined;
  /** What came so far, for the parser that is asked late and for `prefix`. */
  #seen: Uint8Array[] = [];
  #size = 0;
  #end: End | undefined;

  /** `limit`: bytes that may be read for judging. */
  constructor(spool: Spool, limit: number) {
    this.#spool = spool;
    this.#limit = limit;
  }

  get end(): End | undefined {
    return this.#end;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes a chunk; a promise says that the sender must pause until it resolves. */
  push(chunk: Uint8Array): Promise<void> | undefined {
    this.#size += chunk.length;
    const kept = this.#spool.write(chunk);
    if (this.#answer !== undefined) this.#read(chunk);
    else if (this.#parser === undefined) this.#seen.push(chunk);
    return kept;
  }

  finish(end: End): void {
    this.#end = end;
    if (this.#answer !== undefined && this.#parser !== undefined) this.#settle(this.#parser.end());
  }

  /** What the parser makes of the body: resolves as soon as it can tell, which may be before the body ends. */
  read(parser: RequestParser): Promise<Operations> {
    return new Promise((resolve) => {
      this.#parser = parser;
      this.#answer = resolve;
      const early = this.#seen;
      this.#seen = [];
      this.#take(parser.begin());
      for (const chunk of early) this.#read(chunk);
      if (this.#end !== undefined && this.#answer !== undefined) this.#settle(parser.end());
    });
  }

  /** The bytes that the parser read before it answered. */
  prefix(): Uint8Array {
    const joined = concat(this.#seen);
    this.#seen = joined === nothing ? [] : [joined];
    return joined;
  }

  take(): Promise<Uint8Array | undefined> {
    return this.#spool.take();
  }

  close(): void {
    this.#seen = [];
    this.#spool.close();
  }

  #read(chunk: Uint8Array): void {
    if (this.#answer === undefined || this.#parser === undefined) return;
    this.#seen.push(chunk);
    if (this.#size > this.#limit) {
      const message = `the request body is larger than the ${this.#limit} bytes that can be judged`;
      this.#reply(err({ code: "too_large", message }));
      return;
    }
    this.#take(this.#parser.write(chunk));
  }

  #take(reading: Reading): void {
    if (reading.kind === "read") this.#settle(reading.operations);
  }

  #settle(operations: Result<NonEmpty<Operation>>): void {
    this.#reply(operations.ok ? operations : err({ code: "malformed", message: operations.error }));
  }

  #reply(operations: Operations): void {
    this.#answer?.(operations);
    this.#answer = undefined;
  }
}
