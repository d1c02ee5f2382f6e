import type { Clock } from "../base/clock.ts";
import { err, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import type { CopilotTokenConfig } from "./config.ts";
import { type AskJson, jsonClient } from "./json-client.ts";
import { type Fetched, type NotFetched, RenewedValue } from "./renewed.ts";
import { type CredentialSource, parseStoredValue } from "./source.ts";

/** A token is not used when it ends sooner than this, in milliseconds: a stream may take its time. */
const leastLeft = 60_000;

/**
 * Copilot's short-lived inference token, which the gateway fetches for itself with a stored credential, as editors do
 * (`GET /copilot_internal/v2/token`). Runners only ever get a handle in its place.
 */
export function copilotTokenSource(
  config: CopilotTokenConfig,
  credential: CredentialSource | undefined,
  clock: Clock,
  ask: AskJson = jsonClient(10_000, config.apiCa),
): CredentialSource {
  const url = new URL(`${config.api.href.replace(/\/$/, "")}/copilot_internal/v2/token`);
  const value = new RenewedValue(async () => {
    const stored = await storedBehind(config, credential);
    if (!stored.ok) return failed(stored.error, false);
    const { status, body } = await ask({
      method: "GET",
      url,
      headers: {
        authorization: `token ${stored.value.reveal()}`,
        accept: "application/json",
        "editor-version": "Sallyport/1",
      },
    });
    if (status === 200) return read(body, clock.now());
    // It was withdrawn, or was never good for Copilot: what it gave before must end as well.
    return failed(`Copilot's token endpoint answered ${status}`, status === 401 || status === 403);
  }, clock);
  return { secret: () => value.get(), close: () => {} };
}

async function storedBehind(
  config: CopilotTokenConfig,
  credential: CredentialSource | undefined,
): Promise<Result<Secret>> {
  if (credential === undefined) return err(`there is no credential called ${config.credential}`);
  const secret = await credential.secret({});
  return secret.ok ? secret : err(`credential ${config.credential}: ${secret.error}`);
}

function read(body: unknown, now: number): Fetched | NotFetched {
  const reply = typeof body === "object" && body !== null ? body : {};
  const token = "token" in reply && typeof reply.token === "string" ? reply.token : "";
  const ends = "expires_at" in reply ? Number(reply.expires_at) * 1000 : Number.NaN;
  const refresh = "refresh_in" in reply ? Number(reply.refresh_in) * 1000 : Number.NaN;
  const parsed = parseStoredValue(token);
  if (!parsed.ok || Number.isNaN(ends)) return failed("Copilot answered no token", false);
  const goodUntil = ends - leastLeft;
  const freshUntil = Number.isNaN(refresh) ? goodUntil : Math.min(now + refresh, goodUntil);
  return { kind: "fetched", secret: new Secret(parsed.value), freshUntil, goodUntil };
}

function failed(why: string, final: boolean): NotFetched {
  return { kind: "failed", why, final };
}
