import { healthAnswers, healthKnows, serviceOf } from "../health.ts";
import type { StreamListener } from "../transport.ts";
import { status } from "./codes.ts";
import type { Stream } from "./stream.ts";

const check = "/grpc.health.v1.Health/Check";
const watch = "/grpc.health.v1.Health/Watch";

/** The gRPC health protocol (grpc/health/v1/health.proto), by which Envoy learns that we drain. */
export class Health {
  readonly #watchers = new Set<Stream>();
  #serving = true;
  #asked = false;

  /** Whether anybody has ever asked. */
  get asked(): boolean {
    return this.#asked;
  }

  /** Who answers a call of that path; undefined where it is none of this service. */
  answers(stream: Stream, path: string): StreamListener | undefined {
    if (path !== check && path !== watch) return undefined;
    return {
      message: (request) => this.#answer(stream, path, request),
      drained: () => undefined,
      halfClosed: () => undefined,
      handOver: () => undefined,
      closed: () => void this.#watchers.delete(stream),
    };
  }

  /** From now on every service is NOT_SERVING; watchers are told. */
  stop(): void {
    this.#serving = false;
    for (const watcher of this.#watchers) {
      watcher.send(healthAnswers.notServing);
      watcher.end();
    }
    this.#watchers.clear();
  }

  #answer(stream: Stream, path: string, request: Buffer): void {
    const service = this.#serviceOf(request);
    if (service === undefined) {
      stream.finish(status.internal, "no question about health");
      return;
    }
    const known = healthKnows(service);
    const answer = this.#serving ? healthAnswers.serving : healthAnswers.notServing;
    if (path === watch) {
      stream.send(known ? answer : healthAnswers.unknown);
      if (this.#serving) this.#watchers.add(stream);
      else stream.end();
      return;
    }
    this.#asked = true;
    if (!known) {
      stream.finish(status.notFound, "unknown service");
      return;
    }
    stream.send(answer);
    stream.end();
  }

  #serviceOf(request: Buffer): string | undefined {
    try {
      return serviceOf(request);
    } catch {
      return undefined;
    }
  }
}
