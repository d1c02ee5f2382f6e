// node pass-through.ts SOCKET [TRANSPORT]: the least that ext_proc can be answered with on that transport, grpc-js or http2: every
// message as it came.
import { decode } from "../../../src/extproc/decode.ts";
import { encode, LARGEST_CHUNK } from "../../../src/extproc/encode.ts";
import { serveGrpc } from "../../../src/extproc/grpc/server.ts";
import { serveHttp2 } from "../../../src/extproc/http2/server.ts";
import type { Phase } from "../../../src/gateway/phase.ts";

const nothing = { set: [], remove: [] };

const [, , socket, transport] = process.argv;
const serve = transport === "http2" ? serveHttp2 : serveGrpc;

await serve(`unix:${socket}`, (stream) => ({
  message(bytes) {
    const phase = decode(bytes, "");
    switch (phase.kind) {
      case "requestHead":
      case "responseHead":
      case "requestTrailers":
      case "responseTrailers":
        stream.send(encode({ kind: phase.kind, edits: nothing }));
        return;
      default:
        for (const step of cut(phase)) stream.send(encode(step));
    }
  },
  drained: () => undefined,
  halfClosed: () => stream.end(),
  handOver: () => undefined,
  closed: () => undefined,
}));
console.log("ready");

type Body = Extract<Phase, { kind: "requestBody" | "responseBody" }>;

function cut({ kind, chunk, end }: Body): readonly Body[] {
  const count = Math.max(1, Math.ceil(chunk.length / LARGEST_CHUNK));
  return Array.from({ length: count }, (_, at) => {
    const part = chunk.subarray(at * LARGEST_CHUNK, (at + 1) * LARGEST_CHUNK);
    return { kind, chunk: part, end: end && at === count - 1 };
  });
}
