import { z } from "zod";
import { secretReference } from "./reference.ts";
import { webUrl } from "./url.ts";

/** A bucket of an S3-compatible service, or the part of one under a prefix. */
export function s3(folder: string, prefix: string) {
  return z.strictObject({
    /** The service itself: `https://s3.eu-central-1.amazonaws.com`, `http://minio:9000`. */
    url: webUrl,
    region: z.string().min(1).prefault("us-east-1"),
    bucket: z.string().min(1),
    /** What keys begin with: empty, or something that ends in a slash. */
    prefix: z
      .string()
      .regex(/^([^/]+\/)*$/, "must be empty or end in a slash")
      .prefault(prefix),
    accessKey: secretReference(folder),
    secretKey: secretReference(folder),
    sessionToken: secretReference(folder).exactOptional(),
  });
}
