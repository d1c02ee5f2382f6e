import type { OpenStream, StreamListener } from "../transport.ts";
import { status } from "./codes.ts";
import type { Health } from "./health.ts";
import type { RequestHead } from "./request.ts";
import type { Stream } from "./stream.ts";
import { millisecondsOf } from "./timeout.ts";

const path = "/envoy.service.ext_proc.v3.ExternalProcessor/Process";

/** Calls of gRPC: which there are, and which of them are open. */
export class Calls {
  readonly #openStream: OpenStream;
  readonly #health: Health;
  readonly #open = new Set<StreamListener>();

  constructor(openStream: OpenStream, health: Health) {
    this.#openStream = openStream;
    this.#health = health;
  }

  /** Answers a stream that was opened with that head. */
  answer(stream: Stream, head: RequestHead): void {
    if (head.method !== "POST") stream.refuse(405, "gRPC is asked by POST\n");
    else if (!/^application\/grpc($|[+;])/.test(head.contentType))
      stream.refuse(415, "gRPC alone is spoken here\n");
    else this.#call(stream, head);
  }

  /** What can be done as well elsewhere is left to others. */
  handOver(): void {
    for (const listener of [...this.#open]) listener.handOver();
  }

  #call(stream: Stream, head: RequestHead): void {
    const listener =
      head.path === path ? this.#process(stream) : this.#health.answers(stream, head.path);
    if (listener === undefined) {
      stream.finish(status.unimplemented, "no such call");
      return;
    }
    const limit = head.timeout === undefined ? undefined : millisecondsOf(head.timeout);
    if (limit !== undefined) stream.limit(limit);
    stream.listen(listener);
  }

  #process(stream: Stream): StreamListener {
    const listener = this.#openStream(stream);
    this.#open.add(listener);
    return {
      message: (bytes) => listener.message(bytes),
      drained: () => listener.drained(),
      halfClosed: () => listener.halfClosed(),
      handOver: () => listener.handOver(),
      closed: () => {
        this.#open.delete(listener);
        listener.closed();
      },
    };
  }
}
