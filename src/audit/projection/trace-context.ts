/** A remote span, as a W3C `traceparent` names it. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
}

/**
 * Reads a `traceparent` (W3C Trace Context, section 3.2); undefined for anything else. Its flags are not kept:
 * nobody outside decides whether an exchange is recorded.
 */
export function parseTraceparent(text: string | undefined): TraceContext | undefined {
  if (text === undefined) return undefined;
  const parts = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/.exec(text);
  const [, version, traceId, spanId, rest] = parts ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined) return undefined;
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId };
}
