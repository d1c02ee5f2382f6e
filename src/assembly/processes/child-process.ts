import { dirname } from "node:path";
import { isNonEmpty, type NonEmpty } from "../../base/non-empty.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { parseConfig } from "../../config/config.ts";
import { ofProcess, type ProcessPlace } from "../../config/processes.ts";
import type { Config } from "../../config/schema.ts";
import type { Drain } from "../../extproc/transport.ts";
import { formatProblem } from "../../yaml/problem.ts";
import { addressOf } from "../address.ts";
import { openWith } from "../gateway.ts";
import type { House, HouseOptions } from "../house.ts";
import { metricsText } from "../metrics-file.ts";
import { readiness } from "../readiness.ts";
import { serveOne, type Working } from "../serve.ts";
import type { Line } from "./line.ts";
import { answerForRecordings } from "./recordings.ts";
import { wholeOf } from "./whole.ts";

/** What a supervisor tells a process that it has started: who it is, and the config as it was when all of them began. */
export interface Begin {
  readonly file: string;
  readonly text: string;
  readonly place: ProcessPlace;
  /** Whatever the text says: the command line may say otherwise. */
  readonly transport: Config["listen"]["transport"];
  /** Where it listened before, so that it does again. */
  readonly before?: Bound;
}

/** Where a process listens. */
export interface Bound {
  readonly extproc: string;
  readonly apiUrl?: string;
}

export type Begun = Result<Bound, NonEmpty<string>>;

/** What a process of the gateway is made of, once it serves. */
export interface Child {
  readonly house: House;
  readonly working: Working;
  /** Whether it is the one that speaks for all. */
  readonly first: boolean;
}

/**
 * Waits at that end of the line to be told who to be, becomes it, and answers the supervisor's questions from then on.
 * Undefined where it could not start: the supervisor has been told why.
 */
export function beginAsTold(
  line: Line,
  version: string,
  options: HouseOptions,
): Promise<Child | undefined> {
  return new Promise((resolve) => {
    line.on("begin", async (begin: Begin): Promise<Begun> => {
      const opened = await openChild(begin, line, version, options);
      if (!opened.ok) {
        resolve(undefined);
        return opened;
      }
      const { house, working } = opened.value;
      answer(line, house, version);
      resolve({ house, working, first: begin.place.number === 0 });
      return ok({
        extproc: working.processor.address,
        ...(working.apiUrl === undefined ? {} : { apiUrl: working.apiUrl }),
      });
    });
  });
}

function answer(line: Line, house: House, version: string): void {
  line
    .on("pulse", () => true)
    .on("ready", () => readiness(house))
    .on("metrics", () => metricsText(house, version))
    .on("reload", () => {
      house.policy.reload();
    });
}

/** Resolves when the supervisor says how to stop; at once when it is gone. */
export function toldToStop(line: Line, gone: Promise<void>): Promise<Omit<Drain, "handOver">> {
  return new Promise((resolve) => {
    line.on("stop", resolve);
    void gone.then(() => resolve({ deadline: 30_000 }));
  });
}

async function openChild(
  { file, text, place, transport, before }: Begin,
  line: Line,
  version: string,
  options: HouseOptions,
): Promise<
  Result<
    { readonly house: House; readonly working: Working & { readonly apiUrl?: string } },
    NonEmpty<string>
  >
> {
  const parsed = parseConfig(text, file, dirname(file));
  if (!parsed.ok) {
    const sentences = parsed.error.map(formatProblem);
    return err(isNonEmpty(sentences) ? sentences : ["the config cannot be read"]);
  }
  const { listen, ...rest } = parsed.value;
  const told = { ...listen, processes: place.of, transport };
  const config = ofProcess({ ...rest, listen: told }, place.number);
  const opened = await openWith(
    bound(config, before),
    { ...options, process: place },
    async (house) => {
      answerForRecordings(house, line);
      const first = place.number === 0;
      return serveOne(
        house,
        version,
        first ? await wholeOf(house, version, place.of, line) : undefined,
      );
    },
  );
  return opened.ok ? ok({ house: opened.value.house, working: opened.value.serving }) : opened;
}

function bound(config: Config, before: Bound | undefined): Config {
  if (before === undefined) return config;
  const api = before.apiUrl === undefined ? {} : { api: addressOf(before.apiUrl) };
  const listen = { ...config.listen, extproc: addressOf(before.extproc), ...api };
  return { ...config, listen: listen as Config["listen"] };
}
