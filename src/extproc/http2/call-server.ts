import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { ProcessorStream, StreamListener } from "../transport.ts";
import { framed, MessageReader } from "./frames.ts";

/** Codes of gRPC, of those that are sent here. */
export const status = { ok: 0, notFound: 5, unimplemented: 12, unavailable: 14 } as const;
type Status = (typeof status)[keyof typeof status];

/** Envoy's messages hold no more than its buffers do, a megabyte or so. */
const longestMessage = 16 * 1024 * 1024;
/** Bytes that may wait to be sent before no more are wanted. */
const mostWaiting = 256 * 1024;

/** One call of gRPC on one stream of HTTP/2. What is sent within one turn of the event loop goes out together. */
export class Call implements ProcessorStream {
  readonly traceparent: string;
  readonly #stream: ServerHttp2Stream;
  #messages: Buffer[] = [];
  #waiting = 0;
  #over = false;

  constructor(stream: ServerHttp2Stream, { traceparent }: IncomingHttpHeaders) {
    this.traceparent = typeof traceparent === "string" ? traceparent : "";
    this.#stream = stream;
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
  }

  /** Tells a listener of all that comes; to be called once. */
  listen(listener: StreamListener): void {
    const stream = this.#stream;
    const reader = new MessageReader(longestMessage, (message) => {
      if (!this.#over) listener.message(message);
    });
    stream.on("data", (piece: Buffer) => {
      if (this.#over) return;
      try {
        reader.read(piece);
      } catch (error) {
        this.fail(error instanceof Error ? error.message : "what came cannot be read");
      }
    });
    stream.on("drain", () => listener.drained());
    stream.on("end", () => {
      if (reader.unfinished) this.fail("the last message is cut");
      else listener.halfClosed();
    });
    stream.on("close", () => {
      this.#over = true;
      this.#messages = [];
      listener.closed();
    });
  }

  send(message: Buffer): boolean {
    if (this.#over) return false;
    if (this.#messages.push(message) === 1) process.nextTick(() => this.#flush());
    this.#waiting += message.length;
    return this.#waiting + this.#stream.writableLength < mostWaiting;
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  fail(reason: string): void {
    this.finish(status.unavailable, reason);
  }

  end(): void {
    this.finish(status.ok);
  }

  /** Ends the call with that code, behind what was sent. Idempotent. */
  finish(code: Status, reason?: string): void {
    if (this.#over) return;
    this.#flush();
    this.#over = true;
    const stream = this.#stream;
    if (stream.destroyed) return;
    const told = reason === undefined ? {} : { "grpc-message": encodeURIComponent(reason) };
    stream.once("wantTrailers", () => {
      stream.sendTrailers({ "grpc-status": `${code}`, ...told });
      // Whatever else comes is nobody's, and must not be waited for (RFC 9113 section 8.1).
      if (!stream.readableEnded) setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
    });
    stream.end();
    stream.resume();
  }

  #flush(): void {
    const messages = this.#messages;
    this.#messages = [];
    this.#waiting = 0;
    if (messages.length > 0 && !this.#stream.destroyed) this.#stream.write(framed(messages));
  }
}
