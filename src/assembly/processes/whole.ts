import type { Readiness } from "../../api/api.ts";
import type { House } from "../house.ts";
import { readiness } from "../readiness.ts";
import type { Whole } from "../serve.ts";
import { rawDesk, sessionDesk } from "../session-desk.ts";
import type { Line } from "./line.ts";
import { wholeRecordings } from "./recordings.ts";

/** What a supervisor knows of one of its processes. */
export interface Standing {
  readonly number: number;
  readonly ready: boolean;
  /** What keeps it from being ready. */
  readonly detail: string;
}

const patience = 5000;

/** What the first process tells of all of them, which it learns from their supervisor. */
export async function wholeOf(
  house: House,
  version: string,
  of: number,
  line: Line,
): Promise<Whole> {
  const kept = await wholeRecordings(house, of, line);
  return {
    ready: async () => [...(await readiness(house)), await companyOf(line)],
    metrics: async () => String(await line.ask("whole-metrics", undefined, patience)),
    recorded: sessionDesk(house, kept, version),
    raw: rawDesk(house, kept.store),
  };
}

/** One process that can serve is enough: Envoy asks each of them, and passes by those that cannot. */
async function companyOf(line: Line): Promise<Readiness> {
  try {
    const all = (await line.ask("whole-ready", undefined, patience)) as readonly Standing[];
    const ready = all.filter((one) => one.ready);
    const missing = all.filter((one) => !one.ready);
    const words = missing.map(({ number, detail }) => `process ${number}: ${detail}`);
    return {
      name: "processes",
      ok: ready.length > 0,
      detail: [`${ready.length} of ${all.length} ready`, ...words].join("; "),
    };
  } catch (error) {
    const detail = error instanceof Error ? error.message : "the supervisor does not answer";
    return { name: "processes", ok: false, detail };
  }
}
