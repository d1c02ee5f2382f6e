import {
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { numberField, Reader } from "../protobuf.ts";

const SERVING = numberField(1, 1);
const NOT_SERVING = numberField(1, 2);
const SERVICE_UNKNOWN = numberField(1, 3);
const known = new Set(["", "envoy.service.ext_proc.v3.ExternalProcessor"]);
const raw = (message: Buffer): Buffer => message;
const codec = {
  requestSerialize: raw,
  requestDeserialize: raw,
  responseSerialize: raw,
  responseDeserialize: raw,
};

/** The gRPC health protocol (grpc/health/v1/health.proto), by which Envoy learns that we drain. */
export interface Health {
  readonly service: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** From now on every service is NOT_SERVING; watchers are told. */
  stop(): void;
  /** Whether anybody has ever asked. */
  asked(): boolean;
}

export function createHealth(): Health {
  let serving = true;
  let asked = false;
  const watchers = new Set<ServerWritableStream<Buffer, Buffer>>();
  const answer = (): Buffer => (serving ? SERVING : NOT_SERVING);
  return {
    service: {
      check: {
        path: "/grpc.health.v1.Health/Check",
        requestStream: false,
        responseStream: false,
        ...codec,
      },
      watch: {
        path: "/grpc.health.v1.Health/Watch",
        requestStream: false,
        responseStream: true,
        ...codec,
      },
    },
    implementation: {
      check(call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) {
        asked = true;
        if (known.has(serviceOf(call.request))) reply(null, answer());
        else reply({ code: status.NOT_FOUND, details: "unknown service" });
      },
      watch(call: ServerWritableStream<Buffer, Buffer>) {
        if (!known.has(serviceOf(call.request))) {
          call.write(SERVICE_UNKNOWN);
          return;
        }
        call.write(answer());
        watchers.add(call);
        call.on("cancelled", () => watchers.delete(call));
      },
    },
    asked: () => asked,
    stop() {
      serving = false;
      for (const watcher of watchers) {
        watcher.write(NOT_SERVING);
        watcher.end();
      }
      watchers.clear();
    },
  };
}

/** `HealthCheckRequest`: 1 service. */
function serviceOf(request: Buffer): string {
  const reader = new Reader(request);
  let service = "";
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) service = reader.string();
    else reader.skip();
  }
  return service;
}
