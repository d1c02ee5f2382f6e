const prefix = 5;

/** Messages of gRPC as they go over the wire, together. */
export function framed(messages: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const head = Buffer.alloc(prefix);
      head.writeUInt32BE(message.length, 1);
      return [head, message];
    }),
  );
}

/** The whole messages in what came over the wire. */
export function unframed(bytes: Buffer): readonly Buffer[] {
  const messages: Buffer[] = [];
  let at = 0;
  while (bytes.length - at >= prefix) {
    const end = at + prefix + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) break;
    messages.push(bytes.subarray(at + prefix, end));
    at = end;
  }
  return messages;
}
