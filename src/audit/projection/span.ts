import { hash } from "node:crypto";
import type { Exchange } from "../record/exchange.ts";
import { type Attributes, names } from "./attributes.ts";
import { attributesOf, errorOf, exchangeAttributes } from "./span-attributes.ts";
import { parseTraceparent, type TraceContext } from "./trace-context.ts";

/** A span in plain words; times are milliseconds since the Unix epoch. */
export interface SpanData {
  readonly name: string;
  readonly kind: "server" | "client" | "internal";
  readonly context: TraceContext;
  readonly parent?: TraceContext;
  readonly link?: TraceContext;
  readonly start: number;
  readonly end: number;
  readonly failed: boolean;
  /** What is told of who asked, as one list for all that they ask; absent where it is nothing. */
  readonly actor?: Attributes;
  readonly attributes: Attributes;
}

/**
 * The spans of one exchange: a server span, and children for waiting, scanning and the upstream where they took place.
 * Ids follow from the record's id, so that sending an exchange twice gives the same spans twice.
 */
export function exchangeSpans(exchange: Exchange): readonly SpanData[] {
  const server = serverSpan(exchange);
  return [server, ...children(exchange, server)];
}

/** Spans that were told once, by their intents: an exchange is told twice, as a span and as a log record. */
const spans = new WeakMap<Exchange["intent"], { readonly of: Exchange; readonly span: SpanData }>();

/** The span of the exchange itself. */
export function serverSpan(exchange: Exchange): SpanData {
  const { intent, completion } = exchange;
  const known = spans.get(intent);
  if (known !== undefined && known.of.completion === completion) {
    spans.delete(intent);
    return known.span;
  }
  const span = buildSpan(exchange);
  spans.set(intent, { of: exchange, span });
  return span;
}

function buildSpan(exchange: Exchange): SpanData {
  const { intent, completion } = exchange;
  const parent = parseTraceparent(intent.parent);
  const link = parseTraceparent(intent.link);
  const actor = attributesOf(intent.principal);
  const traceId = parent?.traceId ?? intent.id.replaceAll("-", "");
  return {
    name: intent.operations[0]?.name ?? intent.method,
    kind: "server",
    context: { traceId, spanId: spanId(intent.id, 0) },
    ...(parent === undefined ? {} : { parent }),
    ...(link === undefined ? {} : { link }),
    start: intent.at,
    end: Math.max(completion?.at ?? intent.at, intent.at),
    failed: errorOf(exchange) !== undefined,
    actor,
    attributes: exchangeAttributes(exchange, actor),
  };
}

function children({ intent, completion }: Exchange, server: SpanData): readonly SpanData[] {
  const child = (name: Child, kind: SpanData["kind"], from: number, to: number): SpanData => ({
    name,
    kind,
    context: { traceId: server.context.traceId, spanId: spanId(intent.id, places[name]) },
    parent: server.context,
    start: Math.min(from, server.end),
    end: Math.min(to, server.end),
    failed: false,
    attributes: [[names.recordId, intent.id]],
  });
  const { parkedFor, upstreamAfter, scannedFor } = completion ?? {};
  const judged = intent.at + (parkedFor ?? 0);
  return [
    ...(parkedFor === undefined ? [] : [child("park", "internal", intent.at, judged)]),
    ...(scannedFor === undefined ? [] : [child("scan", "internal", judged, judged + scannedFor)]),
    ...(upstreamAfter === undefined ? [] : [child("upstream", "client", judged, server.end)]),
  ];
}

type Child = keyof typeof places;
/** Which eight bytes of a hash a child's id is; the server span's are the first. */
const places = { park: 1, scan: 2, upstream: 3 } as const;

let hashed: { readonly id: string; readonly hex: string } | undefined;

/** Eight bytes of the SHA-256 of the record's id, never all zero. */
function spanId(id: string, place: number): string {
  if (hashed?.id !== id) hashed = { id, hex: hash("sha256", id, "hex") };
  const hex = hashed.hex.slice(place * 16, place * 16 + 16);
  return /^0+$/.test(hex) ? "0000000000000001" : hex;
}
