import { hostname } from "node:os";
import { type Audit, openAuditLog } from "../audit/audit-log.ts";
import type { OtlpOptions } from "../audit/otlp.ts";
import type { Clock } from "../base/clock.ts";
import { ok, type Result } from "../base/result.ts";
import type { Config } from "../config/schema.ts";
import { readSecret } from "./secret-file.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface AuditParts {
  readonly clock: Clock;
  readonly env: Environment;
  /** Takes one line of JSON per exchange and act. */
  readonly out: (line: string) => void;
  /** Takes secrets out of what clients wrote. */
  readonly mask: (text: string) => string;
}

/** Opens the audit log that the config names; the error is a sentence, a rejection means that it cannot be written. */
export async function openAudit(config: Config, parts: AuditParts): Promise<Result<Audit>> {
  const { clock, env, out, mask } = parts;
  const { dir } = config.audit;
  const otlp = collectorOf(config, env);
  if (!otlp.ok) return otlp;
  return ok(await openAuditLog({ dir, replica: replicaName(), clock, out, mask, ...otlp.value }));
}

/** Where spans go, with the headers that the collector wants; nothing where no collector is configured. */
function collectorOf(
  { audit: { otlp } }: Config,
  env: Environment,
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

function replicaName(): string {
  return (
    hostname()
      .replace(/[^A-Za-z0-9._-]/g, "-")
      .slice(0, 64) || "sallyport"
  );
}
