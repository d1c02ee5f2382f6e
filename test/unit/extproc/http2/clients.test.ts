import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:http2";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { Client, credentials } from "@grpc/grpc-js";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAuthority, writeLeaf } from "../../../../src/envoy/authority-file.ts";
import { serveHttp2 } from "../../../../src/extproc/http2/server.ts";
import type { OpenStream, TransportServer } from "../../../../src/extproc/transport.ts";
import { run } from "../../../support/clients.ts";
import { type Folder, temporaryFolder } from "../../../support/folder.ts";
import { framed, unframed } from "../../../support/grpc-messages.ts";
import { call, codeOf, framesIn, hello } from "../../../support/http2-wire.ts";

/** Answers each message with itself. */
const echo: OpenStream = (stream) => ({
  message: (bytes) => void stream.send(Buffer.from(bytes)),
  drained: () => undefined,
  halfClosed: () => stream.end(),
  handOver: () => undefined,
  closed: () => undefined,
});

let folder: Folder;
let plain: TransportServer;
let secure: TransportServer;
let authority: Buffer;
const leaf = (name: string) => ({
  cert: readFileSync(join(folder.path, `${name}.pem`)),
  key: readFileSync(join(folder.path, `${name}.key`)),
});

beforeAll(async () => {
  folder = await temporaryFolder();
  const own = makeAuthority(folder.path, "Test");
  const other = makeAuthority(join(folder.path, "other"), "Other");
  writeLeaf(folder.path, "server", own.issue(["localhost"]), own);
  writeLeaf(folder.path, "client", own.issue(["envoy"], 30, "client"), own);
  writeLeaf(folder.path, "stranger", other.issue(["envoy"], 30, "client"), other);
  authority = readFileSync(join(folder.path, "ca.pem"));
  const { cert, key } = leaf("server");
  plain = await serveHttp2("127.0.0.1:0", echo);
  secure = await serveHttp2("127.0.0.1:0", echo, { tls: { certificate: cert, key, authority } });
});
afterAll(async () => {
  await plain?.drain({ deadline: 0 });
  await secure?.drain({ deadline: 0 });
  await folder?.remove();
});

const portOf = (server: TransportServer): number => Number(server.address.split(":").at(-1));
const messages = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.nat({ max: 400_000 }).map((size) => Buffer.alloc(size, "large")),
  ),
  { maxLength: 8 },
);
const calls = fc.array(messages, { minLength: 1, maxLength: 6 });
const buffers = (all: readonly Uint8Array[]): readonly Buffer[] =>
  all.map((one) => Buffer.from(one));

describe("clients of other makes hear what they said", () => {
  it("Node's own", async () => {
    const session = connect(`http://${plain.address}`);
    const ask = async (sent: readonly Uint8Array[]): Promise<readonly Buffer[]> => {
      const stream = session.request({ ...call, ":path": call[":path"], te: "trailers" });
      const pieces: Buffer[] = [];
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      // Without a message both are one.
      let status: unknown;
      for (const event of ["response", "trailers"])
        stream.on(event, (lines) => {
          status ??= lines["grpc-status"];
        });
      stream.end(framed(sent));
      await once(stream, "close");
      expect(status).toBe("0");
      return unframed(Buffer.concat(pieces));
    };
    await fc.assert(
      fc.asyncProperty(calls, async (all) => {
        const answers = await Promise.all(all.map(ask));
        expect(answers).toEqual(all.map(buffers));
      }),
      { numRuns: 25 },
    );
    session.close();
  });

  it("grpc-js", async () => {
    const client = new Client(plain.address, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
    });
    const raw = (message: Buffer): Buffer => message;
    const ask = async (sent: readonly Uint8Array[]): Promise<readonly Buffer[]> => {
      const stream = client.makeBidiStreamRequest(call[":path"], raw, raw);
      const got: Buffer[] = [];
      stream.on("data", (message: Buffer) => got.push(message));
      for (const message of sent) stream.write(Buffer.from(message));
      stream.end();
      const [told] = (await once(stream, "status")) as [{ code: number }];
      expect(told.code).toBe(0);
      return got;
    };
    await fc.assert(
      fc.asyncProperty(calls, async (all) => {
        const answers = await Promise.all(all.map(ask));
        expect(answers).toEqual(all.map(buffers));
      }),
      { numRuns: 25 },
    );
    client.close();
  });

  it("h2load, many times at once", async () => {
    const body = join(folder.path, "body");
    writeFileSync(body, framed([Buffer.from("one"), Buffer.alloc(50_000)]));
    const url = `http://${plain.address}${call[":path"]}`;
    const of = ["-n", "5000", "-c", "4", "-m", "50", "-d", body, "-H", "te: trailers"];
    const loaded = await run("h2load", [...of, "-H", "content-type: application/grpc", url], {
      cwd: folder.path,
    });
    expect(loaded.stdout).toMatch(/5000 succeeded, 0 failed, 0 errored, 0 timeout/);
    expect(loaded.stdout).toContain("status codes: 5000 2xx");
  });
});

describe("what is no HTTP/2", () => {
  it("is told so, and the socket ends", async () => {
    for (const said of ["GET / HTTP/1.1\r\nhost: x\r\n\r\n", `${hello}garbage that goes on`]) {
      const socket = connectSocket(portOf(plain), "127.0.0.1");
      const pieces: Buffer[] = [];
      socket.on("data", (piece: Buffer) => pieces.push(piece));
      socket.write(said, "latin1");
      await once(socket, "end");
      expect(codeOf(framesIn(Buffer.concat(pieces)), "goaway")).toBeGreaterThan(0);
      socket.destroy();
    }
  });
});

describe("over mutual TLS", () => {
  async function shake(options: ConnectionOptions): Promise<string> {
    const to = { port: portOf(secure), host: "127.0.0.1", servername: "localhost", ca: authority };
    const socket = connectTls({ ...to, ...options });
    const heard = new Promise<string>((resolve) => {
      socket.on("error", () => resolve("refused"));
      socket.on("close", () => resolve("closed"));
      socket.on("data", () => resolve("served"));
    });
    socket.write(hello);
    const said = await heard;
    socket.destroy();
    return said;
  }

  it("a client of the authority is served, who speaks HTTP/2", async () => {
    expect(await shake({ ...leaf("client"), ALPNProtocols: ["h2"] })).toBe("served");
    const session = connect(`https://localhost:${portOf(secure)}`, {
      ...leaf("client"),
      ca: authority,
    });
    const stream = session.request({ ...call });
    stream.end(framed([Buffer.alloc(300_000, "x")]));
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(piece as Buffer);
    expect(unframed(Buffer.concat(pieces)).map(({ length }) => length)).toEqual([300_000]);
    session.close();
  });

  it("nobody else is: without a certificate, with a stranger's, without ALPN or with another", async () => {
    const h2 = { ALPNProtocols: ["h2"] };
    expect(await shake(h2)).not.toBe("served");
    expect(await shake({ ...leaf("stranger"), ...h2 })).not.toBe("served");
    expect(await shake(leaf("client"))).not.toBe("served");
    expect(await shake({ ...leaf("client"), ALPNProtocols: ["http/1.1"] })).not.toBe("served");
  });
});
