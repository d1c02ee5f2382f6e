import type { OtlpOptions } from "../audit/otlp.ts";
import { ok, type Result } from "../base/result.ts";
import type { Config } from "../config/schema.ts";
import { readSecret } from "./secret-file.ts";

/** Where spans go, with the headers that the collector wants; nothing where no collector is configured. */
export function collectorOf(
  { audit: { otlp } }: Config,
  env: Readonly<Record<string, string | undefined>>,
): Result<{ readonly otlp?: OtlpOptions }> {
  if (otlp === undefined) return ok({});
  const headers: Record<string, string> = {};
  for (const [name, reference] of Object.entries(otlp.headers)) {
    const secret = readSecret(reference, env);
    if (!secret.ok) return secret;
    headers[name] = secret.value.reveal();
  }
  return ok({ otlp: { url: otlp.url.href, headers } });
}
