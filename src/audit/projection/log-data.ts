import type { Item } from "../record/exchange.ts";
import { itemId } from "../record/exchange.ts";
import { lineOf } from "../record/line.ts";
import { type Attributes, names } from "./attributes.ts";
import { serverSpan } from "./span.ts";
import { bounded } from "./span-attributes.ts";
import type { TraceContext } from "./trace-context.ts";

/** A log record in plain words; times are milliseconds since the Unix epoch. */
export interface LogData {
  readonly name: string;
  readonly at: number;
  readonly observed: number;
  readonly context: TraceContext;
  readonly severity: "info" | "warn";
  readonly body: string;
  /** As of a span. */
  readonly actor?: Attributes;
  readonly attributes: Attributes;
}

/** The log record of an exchange or an act: the JSON line as body, and what an audit trail must name as attributes. */
export function logData(item: Item): LogData {
  if (item.kind === "exchange") {
    const span = serverSpan(item);
    return {
      name: "sallyport.exchange",
      at: span.start,
      observed: span.end,
      context: span.context,
      severity: item.intent.decision === "allow" ? "info" : "warn",
      body: lineOf(item),
      ...(span.actor === undefined ? {} : { actor: span.actor }),
      attributes: span.attributes,
    };
  }
  const { act, record } = item;
  return {
    name: `sallyport.${act.action}`,
    at: record.at,
    observed: record.at,
    context: { traceId: "0".repeat(32), spanId: "0".repeat(16) },
    severity: act.outcome === "success" ? "info" : "warn",
    body: lineOf(item),
    attributes: bounded([
      [names.recordId, itemId(item)],
      [names.action, act.action],
      [names.principal, act.actor],
      [names.subject, act.subject],
      [names.outcome, act.outcome],
      [names.replica, record.replica],
    ]),
  };
}
