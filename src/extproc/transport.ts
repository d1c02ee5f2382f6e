/** One ext_proc stream as a transport gives it, without gRPC. Implemented by grpc and http2. */
export interface ProcessorStream {
  /** W3C `traceparent` of the gRPC metadata; empty where there is none. */
  readonly traceparent: string;
  /** Queues one serialized message, whose bytes may change once this returns. False says: no more until `drained`. */
  send(message: Buffer): boolean;
  pause(): void;
  resume(): void;
  /** Breaks the stream with UNAVAILABLE. */
  fail(reason: string): void;
  /**
   * Ends the stream with OK. Only after Envoy has half-closed: a clean end before that makes Envoy release what is
   * held, unguarded (external_processor.proto, rule 6).
   */
  end(): void;
}

/** What a transport tells of one stream. `closed` comes last and exactly once. */
export interface StreamListener {
  /** `bytes` may lie in a buffer that is many times as long: of what is kept beyond the call, a copy is better. */
  message(bytes: Buffer): void;
  drained(): void;
  halfClosed(): void;
  /** This process ends soon: what another can do as well from the beginning is left to it. */
  handOver(): void;
  closed(): void;
}

/** Mutual TLS: PEM texts. */
export interface ServerTls {
  readonly certificate: Buffer;
  readonly key: Buffer;
  /** Only clients with a certificate of this authority may connect. */
  readonly authority: Buffer;
}

/** How a server ends, in milliseconds. */
export interface Drain {
  /** How long it goes on serving after it has said that it is going; nobody is waited for who never asked after it. */
  readonly notice?: number;
  /** How long open streams are waited for after that. */
  readonly deadline: number;
  /** Whether other processors can take over what is parked here. */
  readonly handOver?: boolean;
}

/** A server of `envoy.service.ext_proc.v3.ExternalProcessor/Process` and of the gRPC health protocol. */
export interface TransportServer {
  /** Where it listens: `unix:<path>` or `<host>:<port>`, with the port that the system chose for 0. */
  readonly address: string;
  /** Reports NOT_SERVING, then takes nothing new and waits for open streams; resolves when all are gone or at the deadline. */
  drain(how: Drain): Promise<void>;
}

/** Told of what nobody expected. */
export type Fault = (error: unknown) => void;

/** What a transport may be given besides. */
export interface TransportOptions {
  /** For TCP; absent: none. */
  readonly tls?: ServerTls;
  readonly fault?: Fault;
}

export type OpenStream = (stream: ProcessorStream) => StreamListener;
