import type { z } from "zod";
import { ok, type Result } from "../base/result.ts";
import type { s3 } from "../config/s3.ts";
import { type S3, s3Client } from "../s3/client.ts";
import { readSecret } from "./secret-file.ts";

/** The bucket that a config names; the error says which of its secrets cannot be read. */
export function openS3(
  config: Readonly<z.output<ReturnType<typeof s3>>>,
  env: Readonly<Record<string, string | undefined>>,
): Result<S3> {
  const id = readSecret(config.accessKey, env);
  if (!id.ok) return id;
  const key = readSecret(config.secretKey, env);
  if (!key.ok) return key;
  const token =
    config.sessionToken === undefined ? undefined : readSecret(config.sessionToken, env);
  if (token?.ok === false) return token;
  const { url, region, bucket, prefix } = config;
  return ok(
    s3Client({
      endpoint: url.href,
      region,
      bucket,
      prefix,
      accessKeyId: id.value.reveal(),
      secretAccessKey: key.value,
      ...(token === undefined ? {} : { sessionToken: token.value }),
    }),
  );
}
