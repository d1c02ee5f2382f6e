import { once } from "node:events";
import { existsSync } from "node:fs";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { connect as net } from "node:net";
import { join } from "node:path";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { serveHttp2 } from "../../../../src/extproc/http2/server.ts";
import type { OpenStream, ProcessorStream } from "../../../../src/extproc/transport.ts";
import { temporaryFolder } from "../../../support/folder.ts";
import { framed, unframed } from "../../../support/grpc-messages.ts";

const path = "/envoy.service.ext_proc.v3.ExternalProcessor/Process";
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Answers each message with itself, and ends when the other side has. */
const echo: OpenStream = (stream) => ({
  message: (bytes) => void stream.send(Buffer.from(bytes)),
  drained: () => undefined,
  halfClosed: () => stream.end(),
  handOver: () => undefined,
  closed: () => undefined,
});

async function serving(open: OpenStream = echo) {
  const folder = await temporaryFolder();
  closing.push(() => folder.remove());
  const socket = join(folder.path, "run", "extproc.sock");
  const server = await serveHttp2(`unix:${socket}`, open);
  closing.push(() => server.drain({ deadline: 0 }));
  const session = connect("http://localhost", { createConnection: () => net(socket) });
  session.on("error", () => undefined);
  closing.push(() => session.destroy());
  return { server, socket, session };
}

const grpc = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };

function call(session: ClientHttp2Session, headers: Readonly<Record<string, string>> = {}) {
  const stream = session.request({ ":path": path, ...grpc, ...headers });
  stream.on("error", () => undefined);
  return stream;
}

/** All that a call brings until it is over. */
async function answerOf(stream: ClientHttp2Stream) {
  const pieces: Buffer[] = [];
  let status: unknown;
  let trailers: Readonly<Record<string, unknown>> = {};
  stream.on("response", (headers) => {
    status = headers[":status"];
    trailers = { ...headers };
  });
  stream.on("trailers", (headers) => {
    trailers = headers;
  });
  stream.on("data", (piece: Buffer) => pieces.push(piece));
  await once(stream, "close");
  const body = Buffer.concat(pieces);
  const messages =
    status === undefined || status === 200
      ? unframed(body).map((message) => message.toString())
      : [];
  const code = trailers["grpc-status"];
  const reason = decodeURIComponent(String(trailers["grpc-message"] ?? ""));
  return { status, messages, code: code === undefined ? undefined : Number(code), reason };
}

describe("ext_proc over HTTP/2 of our own", () => {
  it("gives and takes messages in order, and ends with OK", async () => {
    const { session } = await serving();
    const stream = call(session);
    stream.end(framed(["one", "", "three"].map((text) => Buffer.from(text))));
    expect(await answerOf(stream)).toMatchObject({ messages: ["one", "", "three"], code: 0 });
  });

  it("tells the trace of Envoy's request, and sends what one turn gives together", async () => {
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    let told = "";
    const { session } = await serving((stream) => {
      told = stream.traceparent;
      const listener = echo(stream);
      return {
        ...listener,
        message: (bytes) => {
          for (let time = 0; time < 5; time += 1) listener.message(bytes);
        },
      };
    });
    const stream = call(session, { traceparent });
    const pieces: Buffer[] = [];
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    stream.end(framed([Buffer.from("x")]));
    expect((await answerOf(stream)).messages).toEqual(["x", "x", "x", "x", "x"]);
    expect(pieces).toHaveLength(1);
    expect(told).toBe(traceparent);
  });

  it("says of a broken stream why, and hears nothing of it afterwards", async () => {
    const heard: string[] = [];
    const { session } = await serving((stream) => ({
      ...echo(stream),
      message: (bytes) => {
        heard.push(bytes.toString());
        stream.send(Buffer.from("kept"));
        stream.fail("no more: ümlaut %");
        stream.fail("again");
        expect(stream.send(Buffer.from("late"))).toBe(false);
      },
    }));
    const stream = call(session);
    stream.write(framed([Buffer.from("first"), Buffer.from("second")]));
    expect(await answerOf(stream)).toMatchObject({
      messages: ["kept"],
      code: 14,
      reason: "no more: ümlaut %",
    });
    expect(heard).toEqual(["first"]);
  });

  it.each([
    ["compressed", Buffer.from([1, 0, 0, 0, 1, 7]), 12],
    ["longer than any of Envoy's", Buffer.from([0, 0x7f, 0, 0, 0]), 8],
    ["cut short", Buffer.from([0, 0, 0, 0, 9, 1, 2]), 13],
  ])("breaks a stream whose message is %s", async (_, bytes, code) => {
    const { session } = await serving();
    const stream = call(session);
    stream.end(bytes);
    expect(await answerOf(stream)).toMatchObject({ messages: [], code });
  });

  it("refuses what is no call of gRPC, and calls that it does not know", async () => {
    const { session } = await serving();
    const ask = (headers: Readonly<Record<string, string>>) => {
      const stream = session.request({ ":path": path, ...grpc, ...headers });
      stream.end();
      return answerOf(stream);
    };
    expect(await ask({ ":method": "GET" })).toMatchObject({ status: 405 });
    expect(await ask({ "content-type": "text/plain" })).toMatchObject({ status: 415 });
    expect(await ask({ ":path": "/other.Service/Call" })).toMatchObject({ status: 200, code: 12 });
  });

  it("is told once when a stream is reset, and of ten thousand resets none ends the connection", async () => {
    let closed = 0;
    const { session } = await serving((stream) => ({
      ...echo(stream),
      closed: () => {
        closed += 1;
      },
    }));
    const total = 10_000;
    for (let done = 0; done < total; done += 100) {
      const streams = Array.from({ length: 100 }, () => call(session));
      for (const stream of streams) stream.write(framed([Buffer.from("x")]));
      await Promise.all(streams.map((stream) => once(stream, "data")));
      for (const stream of streams) stream.close(8);
      await Promise.all(streams.map((stream) => stream.closed || once(stream, "close")));
    }
    const last = call(session);
    last.end(framed([Buffer.from("still there")]));
    expect(await answerOf(last)).toMatchObject({ messages: ["still there"], code: 0 });
    expect(closed).toBe(total + 1);
  });

  it("wants no more while the other side takes nothing, and again when it does", async () => {
    let stream: ProcessorStream | undefined;
    let drained = 0;
    const { session } = await serving((opened) => {
      stream = opened;
      const told = () => {
        drained += 1;
      };
      return { ...echo(opened), drained: told };
    });
    const asked = call(session);
    asked.write(framed([Buffer.from("x")]));
    await once(asked, "response");
    asked.pause();
    const message = Buffer.alloc(65_536, 1);
    let sent = 2;
    while (stream?.send(message) === true && sent < 1000) sent += 1;
    expect(sent).toBeLessThan(1000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(drained).toBe(0);
    const pieces: Buffer[] = [];
    asked.on("data", (piece: Buffer) => pieces.push(piece));
    asked.resume();
    const got = () => unframed(Buffer.concat(pieces)).length;
    while (drained === 0 || got() < sent) await new Promise((resolve) => setImmediate(resolve));
    expect(got()).toBe(sent);
    asked.close();
  });

  it("takes nothing more from a stream that is paused", async () => {
    let stream: ProcessorStream | undefined;
    let heard = 0;
    const { session } = await serving((opened) => {
      stream = opened;
      return {
        ...echo(opened),
        message: () => {
          heard += 1;
          opened.pause();
        },
      };
    });
    const asked = call(session);
    const message = framed([Buffer.alloc(65_536)]);
    for (let sent = 0; sent < 100; sent += 1) asked.write(message);
    while (heard === 0) await new Promise((resolve) => setImmediate(resolve));
    // The window is 256 KiB: of 6.5 MB most never left.
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(asked.writableLength).toBeGreaterThan(3_000_000);
    asked.end();
    while (heard < 100) {
      stream?.resume();
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
});

describe("the health of it", () => {
  const check = "/grpc.health.v1.Health/Check";
  const watch = "/grpc.health.v1.Health/Watch";

  function asking(socket: string) {
    const client = new Client(`unix:${socket}`, credentials.createInsecure());
    closing.push(() => client.close());
    const raw = (bytes: Buffer): Buffer => bytes;
    return (service: string): Promise<Buffer | ServiceError> =>
      new Promise((resolve) => {
        const name = Buffer.from(service);
        const request = Buffer.concat([Buffer.from([0x0a, name.length]), name]);
        client.makeUnaryRequest(check, raw, raw, request, (error, answer) =>
          resolve(error ?? (answer as Buffer)),
        );
      });
  }

  it("is told to a client of another make", async () => {
    const { socket } = await serving();
    const ask = asking(socket);
    const serves = Buffer.from([0x08, 1]);
    expect(await ask("")).toEqual(serves);
    expect(await ask("envoy.service.ext_proc.v3.ExternalProcessor")).toEqual(serves);
    expect(await ask("other")).toMatchObject({ code: 5 });
  });

  it("says that it drains, waits for open streams, hands over, and takes no new connection", async () => {
    const told: string[] = [];
    const { server, socket, session } = await serving((stream) => ({
      ...echo(stream),
      handOver: () => void told.push("handOver"),
    }));
    const open = call(session);
    open.write(framed([Buffer.from("x")]));
    await once(open, "data");
    const watching = call(session, { ":path": watch });
    watching.write(framed([Buffer.alloc(0)]));
    expect(await once(watching, "data")).toEqual([Buffer.from([0, 0, 0, 0, 2, 8, 1])]);
    const farewell = answerOf(watching);
    const goaway = once(session, "goaway");
    const drained = server.drain({ deadline: 60_000, handOver: true });
    await goaway;
    expect(told).toEqual(["handOver"]);
    expect(await farewell).toMatchObject({ messages: [String.fromCharCode(8, 2)], code: 0 });
    open.end(framed([Buffer.from("the last")]));
    expect(await answerOf(open)).toMatchObject({ messages: ["the last"], code: 0 });
    await drained;
    expect(existsSync(socket)).toBe(false);
  });

  it("ends what does not end by itself at the deadline", async () => {
    const { server, session } = await serving();
    const open = call(session);
    open.write(framed([Buffer.from("x")]));
    await once(open, "data");
    const over = once(open, "close");
    await server.drain({ deadline: 10 });
    await over;
  });
});
