import type { Answer } from "./delivery.ts";

export interface OtlpOptions {
  /** The base of an OTLP receiver: `http://127.0.0.1:4318`; `/v1/traces` and `/v1/logs` are added for HTTP. */
  readonly url: string;
  /** HTTP unless told. */
  readonly protocol?: "http" | "grpc";
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM file of the authority that vouches for the receiver; the system's where absent. */
  readonly ca?: string;
  /** How long one request may take, in milliseconds; 10,000 unless told. */
  readonly timeout?: number;
}

/** What a receiver said of a request: it took it (the response may still refuse a part), or what `Answer` says. */
export type Sent = Exclude<Answer, { kind: "accepted" }> | Taken;

interface Taken {
  readonly kind: "taken";
  /** The protobuf of the response. */
  readonly response: Uint8Array;
}

/** Carries requests to an OTLP receiver; never throws for what the receiver does. */
export interface OtlpTransport {
  send(signal: "traces" | "logs", request: Uint8Array): Promise<Sent>;
  close(): void;
}

export const defaultTimeout = 10_000;
