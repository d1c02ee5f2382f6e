import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Item } from "../record/exchange.ts";
import { Exchanges } from "../wal/exchanges.ts";
import { readRecords } from "../wal/log-file.ts";
import { chainOf } from "../wal/segment-file.ts";

/** A span of time: milliseconds since the Unix epoch, the end not included. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** Every exchange and act of an audit folder that began in a period, replica by replica, in the order of their ends. */
export async function* exportItems(dir: string, { from, to }: Period): AsyncGenerator<Item> {
  for (const replica of await readdir(join(dir, "wal"))) {
    for await (const item of itemsOf(join(dir, "wal", replica))) {
      const at = item.kind === "act" ? item.record.at : item.intent.at;
      if (at >= from && at < to) yield item;
    }
  }
}

async function* itemsOf(folder: string): AsyncGenerator<Item> {
  const segments = await chainOf(folder, await readdir(folder));
  const exchanges = new Exchanges();
  for await (const { record, position } of readRecords(folder, segments, undefined)) {
    const whole = exchanges.take(record, position);
    if (whole !== undefined) yield whole.item;
  }
}
