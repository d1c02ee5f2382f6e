// node parking.ts SOCKET [TRANSPORT]: the least processor on that transport, grpc-js or http2, that holds each POST; told so on
// standard input, it answers all.
import { decode } from "../../../src/extproc/decode.ts";
import { encode } from "../../../src/extproc/encode.ts";
import { serveGrpc } from "../../../src/extproc/grpc/server.ts";
import { serveHttp2 } from "../../../src/extproc/http2/server.ts";
import type { ProcessorStream } from "../../../src/extproc/transport.ts";

const answer = encode({
  kind: "reply",
  reply: { status: 201, headers: {}, body: "" },
});
const parked = new Set<ProcessorStream>();

const [, , socket, transport] = process.argv;
const serve = transport === "http2" ? serveHttp2 : serveGrpc;

await serve(`unix:${socket}`, (stream) => ({
  message(bytes) {
    const phase = decode(bytes, "");
    if (phase.kind === "requestHead" && phase.head.method === "POST") parked.add(stream);
    else if (phase.kind === "requestHead") stream.send(answer);
  },
  drained: () => undefined,
  halfClosed: () => stream.end(),
  handOver: () => undefined,
  closed: () => void parked.delete(stream),
}));
process.stdin.on("data", () => {
  for (const stream of parked) stream.send(answer);
});
process.stderr.write('{"msg":"serving"}\n');
