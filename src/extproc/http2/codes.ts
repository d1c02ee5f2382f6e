/** Types of frames (RFC 9113 section 6). */
export const frame = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Their flags; the same bit means another thing in another type. */
export const flag = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** Reasons for which a stream or a connection ends (RFC 9113 section 7), of those that are given here. */
export const reason = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  compression: 9,
  enhanceYourCalm: 11,
} as const;
export type Reason = (typeof reason)[keyof typeof reason];

/** Codes of gRPC, of those that are sent here. */
export const status = {
  ok: 0,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;
export type Status = (typeof status)[keyof typeof status];

/** What the other side did that ends the whole connection (RFC 9113 section 5.4.1). */
export class ConnectionError extends Error {
  readonly reason: Reason;

  constructor(why: Reason, message: string) {
    super(message);
    this.name = "ConnectionError";
    this.reason = why;
  }
}

/** Bytes of a frame's head. */
export const headSize = 9;
/** The most a frame may hold until told otherwise; here it is never told otherwise. */
export const longestFrame = 16_384;
/** How far a window may open. */
export const widestWindow = 0x7fff_ffff;
