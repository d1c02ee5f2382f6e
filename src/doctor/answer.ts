import { fault } from "./step.ts";

/** What came back of one harmless call. */
export interface Heard {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

const aRecord = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What an answer to a harmless call means; throws a fault where it is not the one that was hoped for. */
export function examineAnswer({ status, headers, text }: Heard, now: number): string {
  const drift = Math.abs(Date.parse(String(headers["date"] ?? "")) - now);
  if (drift > 120_000)
    fault(
      `This machine's clock and the gateway's are ${Math.round(drift / 1000)} s apart: set it, or no token is ever valid.`,
    );
  if (status === 503 && /upstream connect error|no healthy upstream/.test(text))
    fault(
      "The gateway cannot reach its upstream: look at the connection's address and the gateway's network.",
    );
  if (headers["x-sallyport-record"] !== undefined) return fromUpstream(status, text);
  const ours = aRecord.test(String(headers["x-github-request-id"] ?? ""));
  const message = messageOf(text);
  const said = message === undefined ? "" : `: ${message.replace(/\.$/, "")}`;
  if (status === 503) fault(`The gateway cannot decide${said}. Its operator finds why in /readyz.`);
  if (!ours) fault(`What answers there (${status}) is not Sallyport: look at the address.`);
  if (status === 401) fault(`The gateway does not know this caller${said}.`);
  if (status === 403) fault(`The caller is known, and policy lets it read nothing here${said}.`);
  if (status === 404) fault(`The gateway has no connection for GitHub's API${said}.`);
  return fault(`The gateway answered ${status}${said}.`);
}

function fromUpstream(status: number, text: string): string {
  if (status === 401)
    fault(
      "The upstream refuses the gateway's stored credential (401): its operator has to renew it.",
    );
  if (status >= 500)
    fault(`The upstream is in trouble (${status}): ${messageOf(text) ?? "no reason"}.`);
  return `the upstream answered ${status}, and the exchange is on record`;
}

function messageOf(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    // Whoever answered might be anybody.
    return typeof message === "string"
      ? message.replace(/[^\x20-\x7e]/g, "?").slice(0, 200)
      : undefined;
  } catch {
    return undefined;
  }
}
