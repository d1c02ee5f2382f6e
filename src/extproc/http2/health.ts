import { healthAnswers, healthKnows, serviceOf } from "../health.ts";
import { type Call, status } from "./call-server.ts";

const check = "/grpc.health.v1.Health/Check";
const watch = "/grpc.health.v1.Health/Watch";

/** The gRPC health protocol (grpc/health/v1/health.proto), by which Envoy learns that we drain. */
export class Health {
  readonly #watchers = new Set<Call>();
  #serving = true;
  #asked = false;

  /** Whether anybody has ever asked. */
  get asked(): boolean {
    return this.#asked;
  }

  /** Answers a call of this service; false where it is none, and then the call was not opened. */
  answer(path: string, open: () => Call): boolean {
    if (path !== check && path !== watch) return false;
    const call = open();
    call.listen({
      message: (request) => this.#answer(call, path, request),
      drained: () => undefined,
      halfClosed: () => undefined,
      handOver: () => undefined,
      closed: () => void this.#watchers.delete(call),
    });
    return true;
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

  #answer(call: Call, path: string, request: Buffer): void {
    const known = healthKnows(serviceOf(request));
    const answer = this.#serving ? healthAnswers.serving : healthAnswers.notServing;
    if (path === watch) {
      call.send(known ? answer : healthAnswers.unknown);
      this.#watchers.add(call);
      return;
    }
    this.#asked = true;
    if (!known) {
      call.finish(status.notFound, "unknown service");
      return;
    }
    call.send(answer);
    call.end();
  }
}
