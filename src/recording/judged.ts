import type { Opened, Piece } from "./entry.ts";
import type { RecordedExchange } from "./read.ts";

/** No body that a policy could have read is longer. */
const longestBody = 32 * 1024 * 1024;

/**
 * One recorded exchange as `policy backtest` and `policy explain` read it. What masking has changed, or what was not kept,
 * is left out, so that they say that they cannot be certain where it would have decided.
 */
export async function judgedExchange(
  exchange: RecordedExchange,
  request: AsyncGenerator<Piece>,
): Promise<object | undefined> {
  const { opened, entries } = exchange;
  const decided = entries.find((entry) => entry.k === "decided");
  if (decided === undefined) return undefined;
  const { record, altered = [], headers, principal, ...rest } = opened;
  const body = hasWholeBody(exchange) ? await textOf(request) : undefined;
  const { claims, ...who } = principal;
  return {
    ...told(rest),
    id: record,
    session: exchange.session,
    decision: decided.decision,
    principal: altered.includes("claims") ? who : { ...who, claims },
    ...(altered.includes("headers") ? {} : { headers: grouped(headers) }),
    ...(body === undefined ? {} : { body }),
  };
}

function told(opened: Omit<Opened, "record" | "altered" | "headers" | "principal">): object {
  const { at, method, path, connection, operations, rules } = opened;
  return { at, method, path, connection, operations, rules };
}

/** Nothing of it was masked, left out or dropped. */
function hasWholeBody({ entries }: RecordedExchange): boolean {
  return entries.every((entry) => {
    if (entry.k === "mask" || entry.k === "gap") return entry.dir !== "request";
    if (entry.k !== "over" || entry.dir !== "request" || entry.bytes === 0) return true;
    return entry.left === undefined || entry.left === "opaque";
  });
}

/** Undefined where the bytes are no text, or too many. */
async function textOf(pieces: AsyncGenerator<Piece>): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const { bytes } of pieces) {
    length += bytes.length;
    if (length > longestBody) return undefined;
    parts.push(bytes);
  }
  const whole = Buffer.concat(parts);
  const text = whole.toString("utf8");
  return Buffer.from(text, "utf8").equals(whole) ? text : undefined;
}

function grouped(lines: Opened["headers"]): Readonly<Record<string, string | readonly string[]>> {
  const groups: Record<string, string | string[]> = {};
  for (const [name, value] of lines) {
    const before = groups[name];
    groups[name] = before === undefined ? value : [before, value].flat();
  }
  return groups;
}
