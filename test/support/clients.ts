import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import {
  type ClientHttp2Session,
  connect as connectH2,
  type IncomingHttpHeaders,
} from "node:http2";
import { connect as connectTls, type TLSSocket } from "node:tls";

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves when it has ended and closed its output. */
  readonly ended: Promise<Ended>;
  /** What it wrote so far, both streams. */
  output(): string;
  /** Ctrl-C: SIGINT to the program and to all that it has started. */
  interrupt(): void;
}

/** Starts a real program with nothing of this machine's environment but PATH. */
export function start(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Running {
  const env = { PATH: process.env["PATH"] ?? "", HOME: options.cwd, ...options.env };
  const child = spawn(program, args, {
    cwd: options.cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own, as a terminal gives to each command.
    detached: true,
  });
  const written = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      written[stream] += text;
    });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, ...written }));
  });
  return {
    child,
    ended,
    output: () => written.stdout + written.stderr,
    interrupt: () => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGINT");
    },
  };
}

/** Runs it to its end. */
export function run(...args: Parameters<typeof start>): Promise<Ended> {
  return start(...args).ended;
}

/** What every client needs to reach the gateway. */
export interface Access {
  /** The reverse proxy, without a slash at the end. */
  readonly proxy: string;
  /** PEM file of its certificate authority. */
  readonly ca: string;
  /** The token to show; absent: none is shown. */
  readonly token?: string;
}

/** Real git in a home of its own; the token goes in a header, as actions/checkout does it. */
export class Git {
  readonly home: string;
  readonly #access: Access;

  constructor(home: string, access: Access) {
    this.home = home;
    this.#access = access;
  }

  start(...args: readonly string[]): Running {
    return start("git", args, { cwd: this.home, env: this.#environment() });
  }

  /** Runs git to its end; rejects where it fails. */
  async run(...args: readonly string[]): Promise<string> {
    const ended = await this.start(...args).ended;
    if (ended.code !== 0) throw new Error(`git ${args.join(" ")}: ${ended.stdout}${ended.stderr}`);
    return ended.stdout.trim();
  }

  #environment(): Readonly<Record<string, string>> {
    const { proxy, ca, token } = this.#access;
    const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
    return {
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      GIT_SSL_CAINFO: ca,
      GIT_AUTHOR_NAME: "Test",
      GIT_AUTHOR_EMAIL: "test@example.test",
      GIT_COMMITTER_NAME: "Test",
      GIT_COMMITTER_EMAIL: "test@example.test",
      ...(token === undefined
        ? {}
        : {
            GIT_CONFIG_COUNT: "1",
            GIT_CONFIG_KEY_0: `http.${proxy}/.extraheader`,
            GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
          }),
    };
  }
}

/** The environment that sends the real `gh` to the gateway, as to a GitHub Enterprise Server host. */
export function ghEnvironment({ proxy, ca, token = "" }: Access): Readonly<Record<string, string>> {
  return {
    GH_HOST: new URL(proxy).host,
    GH_ENTERPRISE_TOKEN: token,
    SSL_CERT_FILE: ca,
    GH_NO_UPDATE_NOTIFIER: "1",
    GH_PROMPT_DISABLED: "1",
    NO_COLOR: "1",
  };
}

/** What came back on one HTTP/2 stream. */
export interface H2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One HTTP/2 connection over TLS. */
export class H2Client {
  readonly session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.session = session;
  }

  static async connect({ proxy, ca }: Access): Promise<H2Client> {
    const session = connectH2(proxy, { ca: readFileSync(ca) });
    await once(session, "connect");
    session.on("error", () => undefined);
    return new H2Client(session);
  }

  /** One request; rejects where the stream is reset. `signal` resets it (CANCEL). */
  async ask(
    path: string,
    options: {
      readonly method?: string;
      readonly headers?: Readonly<Record<string, string | readonly string[]>>;
      readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<H2Answer> {
    const { method = "GET", headers = {}, body, signal } = options;
    const stream = this.session.request(
      { ":method": method, ":path": path, ...headers } as Record<string, string>,
      { endStream: body === undefined, ...(signal === undefined ? {} : { signal }) },
    );
    let trailers: IncomingHttpHeaders = {};
    stream.on("trailers", (fields) => {
      trailers = fields;
    });
    const answered = Promise.race([
      once(stream, "response"),
      once(stream, "close").then(() => {
        throw new Error("the stream was closed without a response");
      }),
    ]);
    const sent = send(stream, body);
    const [fields] = (await answered) as [IncomingHttpHeaders & { readonly ":status": number }];
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    await sent.catch(() => undefined);
    return { status: fields[":status"], headers: fields, trailers, body: Buffer.concat(chunks) };
  }

  close(): void {
    this.session.destroy();
  }
}

async function send(
  stream: NodeJS.WritableStream,
  body: Uint8Array | string | AsyncIterable<Uint8Array> | undefined,
): Promise<void> {
  if (body === undefined) return;
  if (typeof body === "string" || body instanceof Uint8Array) {
    stream.end(body);
    return;
  }
  for await (const chunk of body) if (!stream.write(chunk)) await once(stream, "drain");
  stream.end();
}

/** A TLS connection on which every byte is the test's own: odd paths and broken requests go out verbatim. */
export class RawClient {
  readonly socket: TLSSocket;
  #received = Buffer.alloc(0);
  #changed: () => void = () => undefined;
  #closed = false;

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    const change = (): void => this.#changed();
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      change();
    });
    socket.on("error", change);
    socket.on("close", () => {
      this.#closed = true;
      change();
    });
  }

  static async connect({ proxy, ca }: Access): Promise<RawClient> {
    const { hostname, port } = new URL(proxy);
    const socket = connectTls({
      host: hostname,
      port: Number(port),
      ca: readFileSync(ca),
      ALPNProtocols: ["http/1.1"],
    });
    await once(socket, "secureConnect");
    return new RawClient(socket);
  }

  /** Sends text (Latin-1) or bytes as they are. */
  write(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? Buffer.from(data, "latin1") : data;
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, (error) => (error == null ? resolve() : reject(error)));
    });
  }

  get received(): string {
    return this.#received.toString("latin1");
  }

  /** Resolves with all that came, once it fits or the peer has closed; rejects after `within` milliseconds. */
  async until(fits: (received: string) => boolean, within = 10_000): Promise<string> {
    const over = AbortSignal.timeout(within);
    while (!fits(this.received) && !this.#closed) {
      if (over.aborted) throw new Error(`still waiting; received: ${this.received}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
        over.onabort = () => resolve();
      });
    }
    return this.received;
  }

  /** The status of the first response, which must come within five seconds. */
  async status(): Promise<number> {
    const text = await this.until((received) => received.includes("\r\n\r\n"), 5_000);
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
  }

  /** Leaves without a word. */
  abort(): void {
    this.socket.destroy();
  }
}
