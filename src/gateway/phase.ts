import type { Fields } from "../http/fields.ts";
import type { Reply, RequestHead, ResponseHead } from "../http/message.ts";

/** What Envoy knows of a request besides its head. */
export interface Origin {
  /** The name of the Envoy route, as `config/mounts.ts` gives it out; empty where Envoy sent none. */
  readonly route: string;
  readonly sourceAddress: string;
  /** The request line, for answers of Envoy's own: there the head never reaches us. */
  readonly method: string;
  readonly path: string;
  /** W3C `traceparent` from the gRPC metadata: Envoy's own, hence trusted. */
  readonly parent: string;
}

/** One message from Envoy, without protobuf. `end` says that nothing follows in that direction. */
export type Phase =
  | {
      readonly kind: "requestHead";
      readonly head: RequestHead;
      readonly origin: Origin;
      readonly end: boolean;
    }
  | { readonly kind: "requestBody"; readonly chunk: Uint8Array; readonly end: boolean }
  | { readonly kind: "requestTrailers"; readonly fields: Fields }
  | {
      readonly kind: "responseHead";
      readonly head: ResponseHead;
      readonly origin: Origin;
      readonly end: boolean;
    }
  | { readonly kind: "responseBody"; readonly chunk: Uint8Array; readonly end: boolean }
  | { readonly kind: "responseTrailers"; readonly fields: Fields };

/** Header lines to write over (every old value of that name goes) and names to drop. */
export interface HeaderEdits {
  readonly set: readonly (readonly [string, string])[];
  readonly remove: readonly string[];
}

/** What we tell Envoy: let this part go on, perhaps changed, or answer with this instead. */
export type Step =
  | { readonly kind: "requestHead"; readonly edits: HeaderEdits }
  | { readonly kind: "requestBody"; readonly chunk: Uint8Array; readonly end: boolean }
  | { readonly kind: "requestTrailers"; readonly edits: HeaderEdits }
  | { readonly kind: "responseHead"; readonly edits: HeaderEdits }
  | { readonly kind: "responseBody"; readonly chunk: Uint8Array; readonly end: boolean }
  | { readonly kind: "responseTrailers"; readonly edits: HeaderEdits }
  | { readonly kind: "reply"; readonly reply: Reply };

/** Our end of the stream to Envoy, as the exchange sees it. */
export interface Port {
  send(step: Step): void;
  /** True while Envoy takes no more; `Exchange.drained` tells when it does again. */
  readonly congested: boolean;
  /** Stops and restarts the messages from Envoy. */
  pause(): void;
  resume(): void;
  /** Breaks the stream with an error, so that Envoy fails the request closed. Never a clean end. */
  fail(reason: string): void;
}
