import { Reader } from "./protobuf.ts";

/** Answers of the gRPC health protocol (grpc/health/v1/health.proto), serialized. */
export const healthAnswers = {
  serving: answer(1),
  notServing: answer(2),
  unknown: answer(3),
} as const;

/** `HealthCheckResponse`: 1 status. */
function answer(status: number): Buffer {
  return Buffer.from([0x08, status]);
}

/** Whether a service of that name is served here; the empty name stands for all. */
export function healthKnows(service: string): boolean {
  return service === "" || service === "envoy.service.ext_proc.v3.ExternalProcessor";
}

/** `HealthCheckRequest`: 1 service. */
export function serviceOf(request: Buffer): string {
  const reader = new Reader(request);
  let service = "";
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) service = reader.string();
    else reader.skip();
  }
  return service;
}
