import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  setLogVerbosity,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { TransientMap } from "../../base/transient-map.ts";
import { claimSocket, inUse } from "../socket-server.ts";
import type {
  OpenStream,
  ProcessorStream,
  ServerTls,
  StreamListener,
  TransportOptions,
  TransportServer,
} from "../transport.ts";
import { createHealth } from "./health.ts";
import { withResetBudget } from "./reset-budget-server.ts";

const raw = (message: Buffer): Buffer => message;

const service: ServiceDefinition = {
  process: {
    path: "/envoy.service.ext_proc.v3.ExternalProcessor/Process",
    requestStream: true,
    responseStream: true,
    requestSerialize: raw,
    requestDeserialize: raw,
    responseSerialize: raw,
    responseDeserialize: raw,
  },
};

export interface GrpcOptions extends TransportOptions {
  /** Off only in the test that shows why it is on. */
  readonly raiseResetBudget?: boolean;
}

/** Serves ext_proc over grpc-js at `unix:<path>` or `<host>:<port>`. Rejects when the address cannot be had. */
export async function serveGrpc(
  address: string,
  openStream: OpenStream,
  options: GrpcOptions = {},
): Promise<TransportServer> {
  await claimSocket(address);
  // What it would print to standard error between our lines, it also tells us.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
    "grpc-node.max_session_memory": Number.MAX_SAFE_INTEGER,
  });
  const health = createHealth();
  const open: Open = new TransientMap();
  const process = handler(openStream, open);
  server.addService(service, { process } as UntypedServiceImplementation);
  server.addService(health.service, health.implementation);
  const bind = (): Promise<number> => listen(server, address, options.tls);
  const port = await (options.raiseResetBudget === false ? bind() : withResetBudget(bind));
  return {
    address: address.startsWith("unix:") ? address : address.replace(/:\d+$/, `:${port}`),
    async drain({ notice = 0, deadline, handOver = false }) {
      health.stop();
      if (health.asked()) await new Promise((resolve) => setTimeout(resolve, notice));
      if (handOver) for (const listener of open.values()) listener.handOver();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          server.forceShutdown();
          resolve();
        }, deadline);
        server.tryShutdown(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}

function listen(server: Server, address: string, tls: ServerTls | undefined): Promise<number> {
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(
          tls.authority,
          [{ cert_chain: tls.certificate, private_key: tls.key }],
          true,
        );
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) =>
      error === null ? resolve(bound) : reject(wordedAnew(address, error)),
    );
  });
}

/** grpc-js words the reason in a sentence of its own; this is the error that `node:net` would give. */
function wordedAnew(address: string, error: Error): Error {
  return error.message.includes("EADDRINUSE") ? inUse(address, error) : error;
}

/** The streams that are open, each by its call. */
type Open = TransientMap<object, StreamListener>;

function handler(
  openStream: OpenStream,
  open: Open,
): (call: ServerDuplexStream<Buffer, Buffer>) => void {
  return (call) => {
    const [traceparent] = call.metadata.get("traceparent");
    let ended = false;
    const stream: ProcessorStream = {
      traceparent: typeof traceparent === "string" ? traceparent : "",
      // grpc-js reads it in a later turn.
      send: (message) => (ended ? false : call.write(Buffer.from(message))),
      pause: () => call.pause(),
      resume: () => call.resume(),
      fail(reason) {
        if (ended) return;
        ended = true;
        call.emit("error", { code: status.UNAVAILABLE, details: reason });
      },
      end() {
        if (ended) return;
        ended = true;
        call.end();
      },
    };
    attach(call, openStream(stream), open);
  };
}

function attach(
  call: ServerDuplexStream<Buffer, Buffer>,
  listener: StreamListener,
  open: Open,
): void {
  open.set(call, listener);
  const close = (): void => {
    if (!open.delete(call)) return;
    listener.closed();
  };
  call.on("data", (message: Buffer) => listener.message(message));
  call.on("drain", () => listener.drained());
  call.on("end", () => listener.halfClosed());
  call.on("cancelled", close);
  call.on("close", close);
  call.on("error", close);
}
