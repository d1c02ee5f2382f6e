import { lookup } from "node:dns/promises";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Heard } from "./answer.ts";
import { fault } from "./step.ts";

export type { Socket };

const WITHIN = 10_000;

/** A TCP connection, which joins those that were made; throws a fault that says whether the name or the port is the trouble. */
export async function dial(host: string, port: number, made: Socket[]): Promise<Socket> {
  const name = host.replace(/^\[|\]$/g, "");
  await lookup(name).catch(() => fault(`The name ${name} cannot be resolved on this machine.`));
  return new Promise((resolve, reject) => {
    const socket = connect(port, name);
    made.push(socket);
    const why = (reason: string): void => {
      socket.destroy();
      reject(new Error(reason));
    };
    socket.setTimeout(WITHIN, () => why("no answer"));
    socket.once("error", ({ message }) => why(message));
    socket.once("connect", () => resolve(socket.setTimeout(0)));
  }).catch(() =>
    fault(`Nobody answers at ${name}:${port}: the gateway is down, or a firewall is in between.`),
  ) as Promise<Socket>;
}

/** TLS on that connection for that name; throws a fault that says what is wrong with the certificate. */
export function secure(socket: Socket, name: string, ca: string | undefined): Promise<TLSSocket> {
  const servername = /^[\d.]+$|:/.test(name) ? {} : { servername: name };
  const host = name.replace(/^\[|\]$/g, "");
  return new Promise<TLSSocket>((resolve, reject) => {
    const tls = connectTls({ socket, host, ...servername, ...(ca === undefined ? {} : { ca }) });
    tls.setTimeout(WITHIN, () => tls.destroy(new Error("ETIMEDOUT")));
    tls.once("error", reject);
    tls.once("close", () => reject(new Error("closed")));
    tls.once("secureConnect", () => resolve(tls.setTimeout(0)));
  }).catch((error: Error & { readonly code?: string }) => {
    socket.destroy();
    return fault(certificateFault(error, host));
  });
}

function certificateFault(
  { code = "", message }: Error & { readonly code?: string },
  name: string,
): string {
  switch (code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `The certificate is not for ${name}: use the gateway's own name, or have one issued for this one.`;
    case "CERT_HAS_EXPIRED":
      return `The certificate of ${name} has expired: its operator has to issue another.`;
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "CERT_SIGNATURE_FAILURE":
      return `The certificate of ${name} stands under an authority that is not trusted here: name the gateway's with --ca.`;
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      return `What answers at ${name} does not speak TLS: look at scheme and port.`;
    default:
      return `No TLS with ${name}: ${message}.`;
  }
}

/** What a proxy said to a CONNECT. */
export interface Opened {
  readonly status: number;
  /** The head and what came with it. */
  readonly text: string;
  readonly socket: Socket;
}

/** A CONNECT through that proxy, with the credentials of its URL. */
export async function tunnel(proxy: URL, host: string, made: Socket[]): Promise<Opened> {
  const socket = await dial(proxy.hostname, Number(proxy.port || 80), made);
  const user = decodeURIComponent(proxy.username);
  const password = decodeURIComponent(proxy.password);
  const basic = Buffer.from(`${user}:${password}`).toString("base64");
  const shown = password === "" ? "" : `proxy-authorization: Basic ${basic}\r\n`;
  socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nhost: ${host}:443\r\n${shown}\r\n`);
  const text = await head(socket);
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text, socket };
}

function head(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const done = (): void => {
      socket.off("data", take);
      resolve(text);
    };
    const take = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      const [, length] = /\r\ncontent-length: (\d+)/i.exec(text) ?? [];
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0 && text.length >= end + 4 + Number(length ?? 0)) done();
    };
    socket.on("data", take);
    socket.once("error", done);
    socket.once("close", done);
    socket.setTimeout(WITHIN, done);
  });
}

/** One GET on that connection; the token goes as a bearer's. */
export function get(
  socket: TLSSocket,
  host: string,
  path: string,
  token: string | undefined,
): Promise<Heard> {
  const headers = {
    host,
    "user-agent": "sallyport-doctor",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise<Heard>((resolve, reject) => {
    const asked = request({ createConnection: () => socket, path, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      answer.once("error", reject);
      answer.once("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }),
      );
    });
    asked.setTimeout(60_000, () => asked.destroy(new Error("no answer within a minute")));
    asked.once("error", reject);
    asked.end();
  }).catch((error: Error) =>
    fault(`The gateway took the call and gave no answer: ${error.message}.`),
  );
}
