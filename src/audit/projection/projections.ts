import { join } from "node:path";
import type { AuditOptions } from "../audit.ts";
import type { Exchange, Item } from "../record/exchange.ts";
import type { Position } from "../wal/segment.ts";
import type { Wal } from "../wal/wal.ts";
import type { Answer } from "./delivery.ts";
import { logData } from "./log-data.ts";
import { ocsfFiles } from "./ocsf-file.ts";
import { OtlpSender } from "./otlp.ts";
import { Projector } from "./projector.ts";
import { exchangeSpans } from "./span.ts";

/** All that tells the outside of the records: spans, log records, files for a SIEM. */
export interface Projections {
  /** The oldest records that have not been told to those who must hear of them. */
  floors(): readonly (Position | undefined)[];
  /** Exchanges whose spans the collector has taken since the start, and those that it refuses. */
  spans(): { readonly sent: number; readonly refused: number };
  /** Whether all is told. */
  idle(): boolean;
  failure(): Error | undefined;
  stop(): Promise<void>;
}

/** Starts those that the options name, each from where it ended. */
export async function openProjections(
  options: AuditOptions,
  wal: Wal,
  walDir: string,
): Promise<Projections> {
  const { dir, replica, clock, otlp, ocsf } = options;
  const start = (name: string, send: (batch: readonly Item[]) => Promise<Answer>) =>
    Projector.start({ dir: walDir, wal, clock, send, cursor: join(dir, "cursor", replica, name) });
  const sender = otlp === undefined ? undefined : new OtlpSender(otlp, replica);
  // In a log that others write too, the place of a record is not known when its span is sent.
  const placed = (item: Item): Item =>
    item.kind === "act" || options.shared === undefined ? item : withoutIndex(item);
  const traces =
    sender && (await start("traces", (batch) => sender.spans(batch.map(placed).flatMap(spansOf))));
  const logs =
    sender && (await start("logs", (batch) => sender.logs(batch.map(placed).map(logData))));
  const files = ocsf && (await start("ocsf", ocsfFiles(ocsf.dir, replica)));
  const all = [traces, logs, files].filter((projector) => projector !== undefined);
  return {
    // Log records are a courtesy; a receiver that does not take them must not fill the disk.
    floors: () => [traces, files].flatMap((one) => (one === undefined ? [] : [one.floor()])),
    spans: () => traces?.counts() ?? { sent: 0, refused: 0 },
    idle: () => all.every((projector) => projector.idle()),
    failure: () => all.map((projector) => projector.failure()).find((failure) => failure),
    stop: async () => {
      await Promise.all(all.map((projector) => projector.stop()));
      sender?.close();
    },
  };
}

function withoutIndex({ index: _, ...exchange }: Exchange): Exchange {
  return exchange;
}

function spansOf(item: Item): ReturnType<typeof exchangeSpans> {
  return item.kind === "exchange" ? exchangeSpans(item) : [];
}
