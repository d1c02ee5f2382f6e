import type { Fields } from "./fields.ts";

/** The head of a request as the client sent it, pseudo-headers apart. */
export interface RequestHead {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  /** Path and query, undecoded, as on the request line. */
  readonly path: string;
  readonly fields: Fields;
}

export interface ResponseHead {
  readonly status: number;
  readonly fields: Fields;
}

/** A complete response that we write ourselves. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}
