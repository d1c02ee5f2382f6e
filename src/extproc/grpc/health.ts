import {
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { healthAnswers, healthKnows, serviceOf } from "../health.ts";

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
  const answer = (): Buffer => (serving ? healthAnswers.serving : healthAnswers.notServing);
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
        if (healthKnows(serviceOf(call.request))) reply(null, answer());
        else reply({ code: status.NOT_FOUND, details: "unknown service" });
      },
      watch(call: ServerWritableStream<Buffer, Buffer>) {
        if (!healthKnows(serviceOf(call.request))) {
          call.write(healthAnswers.unknown);
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
        watcher.write(healthAnswers.notServing);
        watcher.end();
      }
      watchers.clear();
    },
  };
}
