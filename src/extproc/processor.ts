import type { Conversation } from "../gateway/conversation.ts";
import type { Phase, Port, Step } from "../gateway/phase.ts";
import { decode } from "./decode.ts";
import { encode, LARGEST_CHUNK } from "./encode.ts";
import type { OpenStream, ProcessorStream, StreamListener } from "./transport.ts";

/** Joins a stream from Envoy to an exchange: bytes to phases, steps to bytes, and every failure to a broken stream. */
export function processor(open: (port: Port, first: Phase) => Conversation): OpenStream {
  return (stream) => {
    const port = new StreamPort(stream);
    let exchange: Conversation | undefined;
    const receive = (phase: Phase): void => {
      exchange ??= open(port, phase);
      exchange.receive(phase);
    };
    const guard = (act: () => void): void => {
      try {
        act();
      } catch (error) {
        port.fail(error instanceof Error ? error.message : "internal error");
        exchange?.left();
      }
    };
    const listener: StreamListener = {
      message: (bytes) => guard(() => receive(decode(bytes, stream.traceparent))),
      drained: () => guard(() => port.drained(exchange)),
      halfClosed: () => {
        guard(() => exchange?.left());
        port.end();
      },
      handOver: () => guard(() => exchange?.handOver()),
      closed: () => guard(() => exchange?.left()),
    };
    return listener;
  };
}

class StreamPort implements Port {
  readonly #stream: ProcessorStream;
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
      this.#write(encode(step));
      return;
    }
    let at = 0;
    for (; step.chunk.length - at > LARGEST_CHUNK; at += LARGEST_CHUNK)
      this.#write(
        encode({ ...step, chunk: step.chunk.subarray(at, at + LARGEST_CHUNK), end: false }),
      );
    this.#write(encode({ ...step, chunk: step.chunk.subarray(at) }));
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  fail(reason: string): void {
    this.#over = true;
    this.#stream.fail(reason);
  }

  end(): void {
    this.#over = true;
    this.#stream.end();
  }

  drained(exchange: Conversation | undefined): void {
    this.#congested = false;
    exchange?.drained();
  }

  #write(message: Buffer): void {
    if (!this.#stream.send(message)) this.#congested = true;
  }
}
