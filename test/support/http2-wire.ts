/** HTTP/2 byte by byte, for what no client would send. */

export const types = {
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
export const flags = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const;
export const codes = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export function frame(
  type: keyof typeof types | number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
  set = 0,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = typeof type === "number" ? type : types[type];
  head[4] = set;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

export function setting(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(id);
  bytes.writeUInt32BE(value, 2);
  return bytes;
}

/** What a client says first. */
export const hello = Buffer.concat([preface, frame("settings", 0)]);

/** A header block that no table keeps, its texts shorter than 127 bytes. */
export function block(lines: Readonly<Record<string, string>>): Buffer {
  const text = (value: string) => [Buffer.of(value.length), Buffer.from(value, "latin1")];
  return Buffer.concat(
    Object.entries(lines).flatMap(([name, value]) => [Buffer.of(0), ...text(name), ...text(value)]),
  );
}

export const call = {
  ":method": "POST",
  ":scheme": "http",
  ":path": "/envoy.service.ext_proc.v3.ExternalProcessor/Process",
  "content-type": "application/grpc",
};

/** Opens a stream of ext_proc. */
export function open(stream: number, lines: Readonly<Record<string, string>> = {}): Buffer {
  return frame("headers", stream, block({ ...call, ...lines }), flags.endHeaders);
}

/** The whole frames in what came. */
export function framesIn(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; bytes.length - at >= 9; ) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    if (end > bytes.length) break;
    frames.push({
      type: bytes[at + 3] ?? 0,
      flags: bytes[at + 4] ?? 0,
      stream: bytes.readUInt32BE(at + 5) & 0x7fff_ffff,
      payload: bytes.subarray(at + 9, end),
    });
    at = end;
  }
  return frames;
}

/** The code of the last GOAWAY or of a stream's RST_STREAM; undefined where there is none. */
export function codeOf(frames: readonly Frame[], type: "goaway" | "reset"): number | undefined {
  const last = frames.findLast((one) => one.type === types[type]);
  return last?.payload.readUInt32BE(type === "goaway" ? 4 : 0);
}
