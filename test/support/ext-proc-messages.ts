import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

const google = dirname(fileURLToPath(import.meta.resolve("protobufjs/package.json")));
const folder = join(dirname(fileURLToPath(import.meta.url)), "../../proto");
const root = new protobuf.Root();
root.resolvePath = (_origin, target) =>
  join(target.startsWith("google/protobuf/") ? google : folder, target);
root.loadSync("envoy/service/ext_proc/v3/external_processor.proto", { keepCase: true });

/** The vendored messages, read by protobufjs: what our own codec is compared with. */
export const processingRequest = root.lookupType("envoy.service.ext_proc.v3.ProcessingRequest");
export const processingResponse = root.lookupType("envoy.service.ext_proc.v3.ProcessingResponse");

export function encodeRequest(message: Record<string, unknown>): Buffer {
  return Buffer.from(processingRequest.encode(processingRequest.fromObject(message)).finish());
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the message holds
export function decodeResponse(bytes: Buffer): any {
  return processingResponse.toObject(processingResponse.decode(bytes), {
    bytes: Buffer,
    longs: Number,
    enums: Number,
  });
}
