import type { Phase } from "./phase.ts";

/** One stream from Envoy, as long as it lasts. */
export interface Conversation {
  /** Takes the next message from Envoy. Throws only on a message that Envoy must not send. */
  receive(phase: Phase): void;
  /** Envoy takes bytes again. */
  drained(): void;
  /** This process ends soon, and another can be told the request from the beginning: what is parked leaves for there. */
  handOver(): void;
  /** The stream is over. Idempotent. */
  left(): void;
}
