import type { Conversation } from "../gateway/conversation.ts";
import type { Phase, Port, Step } from "../gateway/phase.ts";
import { decode } from "./decode.ts";
import { encode, LARGEST_CHUNK } from "./encode.ts";
import type { Fault, OpenStream, ProcessorStream, StreamListener } from "./transport.ts";

/**
 * Joins a stream from Envoy to an exchange: bytes to phases, steps to bytes, and every failure to a broken stream. `fault`
 * is told of what an exchange throws: a message that Envoy must not send, or a bug of ours.
 */
export function processor(
  open: (port: Port, first: Phase) => Conversation,
  fault: Fault,
): OpenStream {
  return (stream) => new Talk(stream, open, fault);
}

/** One stream and its exchange. An object, and not a handful of functions, since thousands may be open. */
class Talk implements StreamListener {
  readonly #stream: ProcessorStream;
  readonly #open: (port: Port, first: Phase) => Conversation;
  readonly #fault: Fault;
  readonly #port: StreamPort;
  #exchange: Conversation | undefined;
  #closed = false;

  constructor(
    stream: ProcessorStream,
    open: (port: Port, first: Phase) => Conversation,
    fault: Fault,
  ) {
    this.#stream = stream;
    this.#open = open;
    this.#fault = fault;
    this.#port = new StreamPort(stream);
  }

  message(bytes: Buffer): void {
    if (this.#closed) return;
    try {
      const phase = decode(bytes, this.#stream.traceparent);
      this.#exchange ??= this.#open(this.#port, phase);
      this.#exchange.receive(phase);
    } catch (error) {
      this.#break(error);
    }
  }

  drained(): void {
    try {
      this.#port.drained(this.#exchange);
    } catch (error) {
      this.#break(error);
    }
  }

  halfClosed(): void {
    this.closed();
    this.#port.end();
  }

  handOver(): void {
    try {
      this.#exchange?.handOver();
    } catch (error) {
      this.#break(error);
    }
  }

  /** The exchange is let go of with that: who carries a stream may know of it for longer. */
  closed(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#closed = true;
    try {
      exchange?.left();
    } catch (error) {
      this.#break(error);
    }
  }

  #break(error: unknown): void {
    this.#fault(error);
    this.#port.fail(error instanceof Error ? error.message : "internal error");
    this.#exchange?.left();
  }
}

type BodyStep = Extract<Step, { kind: "requestBody" | "responseBody" }>;

/**
 * Steps as messages. Envoy tells the end of a body apart from its last bytes, so that what goes on in one turn of the
 * event loop is often two steps of one body: these are one message, since each costs both sides.
 */
class StreamPort implements Port {
  readonly #stream: ProcessorStream;
  #waiting: BodyStep | undefined;
  #congested = false;
  #over = false;

  constructor(stream: ProcessorStream) {
    this.#stream = stream;
  }

  get congested(): boolean {
    return this.#congested;
  }

  send(step: Step): void {
    if (this.#over) return;
    if (step.kind !== "requestBody" && step.kind !== "responseBody") {
      this.#flush();
      this.#write(encode(step));
      return;
    }
    const joint = this.#joint(step);
    if (joint === undefined) this.#flush();
    if (this.#waiting === undefined) process.nextTick(flush, this);
    this.#waiting = joint ?? step;
    if (this.#waiting.chunk.length >= LARGEST_CHUNK) this.#flush();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  fail(reason: string): void {
    this.#over = true;
    this.#waiting = undefined;
    this.#stream.fail(reason);
  }

  end(): void {
    this.#flush();
    this.#over = true;
    this.#stream.end();
  }

  drained(exchange: Conversation | undefined): void {
    this.#congested = false;
    exchange?.drained();
  }

  flush(): void {
    if (!this.#over) this.#flush();
  }

  /** What waits and this as one step; undefined where they do not belong together, or are too much for a message. */
  #joint(step: BodyStep): BodyStep | undefined {
    const before = this.#waiting;
    if (before === undefined || before.kind !== step.kind || before.end) return undefined;
    if (step.chunk.length === 0) return { ...before, end: step.end };
    if (before.chunk.length === 0) return step;
    if (before.chunk.length + step.chunk.length > LARGEST_CHUNK) return undefined;
    return { ...step, chunk: Buffer.concat([before.chunk, step.chunk]) };
  }

  #flush(): void {
    const step = this.#waiting;
    if (step === undefined) return;
    this.#waiting = undefined;
    let at = 0;
    for (; step.chunk.length - at > LARGEST_CHUNK; at += LARGEST_CHUNK)
      this.#write(
        encode({ ...step, chunk: step.chunk.subarray(at, at + LARGEST_CHUNK), end: false }),
      );
    this.#write(encode({ ...step, chunk: step.chunk.subarray(at) }));
  }

  #write(message: Buffer): void {
    if (!this.#stream.send(message)) this.#congested = true;
  }
}

function flush(port: StreamPort): void {
  port.flush();
}
