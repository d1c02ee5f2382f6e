import { once } from "node:events";
import { connect } from "node:http2";
import { connect as net } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serveGrpc } from "../../../src/extproc/grpc/server.ts";
import { serveHttp2 } from "../../../src/extproc/http2/server.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { framed, unframed } from "../../support/grpc-messages.ts";

const path = "/envoy.service.ext_proc.v3.ExternalProcessor/Process";
const grpc = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };
const count = 60;

test.each([
  ["grpc-js", serveGrpc],
  ["http2", serveHttp2],
])(
  "%s sends a message as it was, though its bytes are written over at once and nobody reads yet",
  async (_, serve) => {
    const folder = await temporaryFolder();
    const socket = join(folder.path, "extproc.sock");
    // One place for all messages, as the encoder has it. Their sizes pass every window there is.
    const sheet = Buffer.alloc(60_000);
    const server = await serve(`unix:${socket}`, (stream) => ({
      message: () => {
        for (let time = 0; time < count; time += 1)
          stream.send(sheet.fill(time).subarray(0, 1000 * (time + 1)));
      },
      drained: () => undefined,
      halfClosed: () => stream.end(),
      handOver: () => undefined,
      closed: () => undefined,
    }));
    const session = connect("http://localhost", { createConnection: () => net(socket) });
    const asked = session.request({ ":path": path, ...grpc });
    asked.pause();
    asked.end(framed([Buffer.from("x")]));
    await once(asked, "response");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const pieces: Buffer[] = [];
    asked.on("data", (piece: Buffer) => pieces.push(piece));
    asked.resume();
    await once(asked, "end");
    const got = unframed(Buffer.concat(pieces));
    expect(got.map(({ length }) => length)).toEqual(
      Array.from({ length: count }, (_none, time) => 1000 * (time + 1)),
    );
    expect(got.every((message, time) => message.every((byte) => byte === time))).toBe(true);
    session.destroy();
    await server.drain({ deadline: 0 });
    await folder.remove();
  },
);
