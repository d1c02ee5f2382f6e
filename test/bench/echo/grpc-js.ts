// node grpc-js.ts SOCKET: the least that ext_proc can be answered with on grpc-js: every message as it came.
import { decode } from "../../../src/extproc/decode.ts";
import { encode } from "../../../src/extproc/encode.ts";
import { serveGrpc } from "../../../src/extproc/grpc/server.ts";

const nothing = { set: [], remove: [] };

await serveGrpc(`unix:${process.argv[2]}`, (stream) => ({
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
        stream.send(encode(phase));
    }
  },
  drained: () => undefined,
  halfClosed: () => stream.end(),
  handOver: () => undefined,
  closed: () => undefined,
}));
console.log("ready");
