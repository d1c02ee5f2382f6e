import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { serveMetrics } from "../../api/metrics-server.ts";
import type { ApiServer } from "../../api/server.ts";
import type { NonEmpty } from "../../base/non-empty.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Address } from "../../config/address.ts";
import type { Config } from "../../config/schema.ts";
import type { Drain } from "../../extproc/transport.ts";
import { counter, gauge, type Sample } from "../../metrics/exposition.ts";
import { merged } from "../../metrics/merged.ts";
import { addressOf } from "../address.ts";
import { sentence } from "../gateway.ts";
import { type Change, Member } from "./member-process.ts";
import type { Standing } from "./whole.ts";

/** All processes of a gateway, serving. */
export interface Processes {
  readonly processors: readonly Address[];
  readonly apiUrl: string;
  readonly metricsUrl: string;
  /** Has each of them read its policy anew, one after the other. */
  reload(): Promise<void>;
  /** Drains and ends all of them at once; false when one had to be killed. */
  stop(how: Omit<Drain, "handOver">): Promise<boolean>;
}

export interface SupervisorOptions {
  /** The config's file: each process is given what it holds now, however often it is started. */
  readonly file: string;
  readonly main: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (lines: string) => void;
  readonly err: (lines: string) => void;
  readonly told: (change: Change) => void;
}

const patience = 2000;
const longPatience = 25_000;

/** Starts `listen.processes` processes, the first of which has the API; all of them serve, or none runs any more. */
export async function openProcesses(
  config: Config,
  options: SupervisorOptions,
): Promise<Result<Processes, NonEmpty<string>>> {
  const members = membersOf(config, options);
  const fail = async (why: NonEmpty<string>): Promise<Result<never, NonEmpty<string>>> => {
    await stopAll(members, { deadline: 0 });
    return err(why);
  };
  const [first, ...others] = members;
  // One alone makes the keys, and says what is wrong with the config but once.
  const begun = await first.start();
  if (!begun.ok) return fail(begun.error);
  const rest = await Promise.all(others.map((member) => member.start()));
  const failed = rest.find((one) => !one.ok);
  if (failed?.ok === false) return fail(failed.error);
  let metrics: ApiServer;
  try {
    const text = () => wholeMetrics(members);
    metrics = await serveMetrics(text, config.listen.metrics);
  } catch (error) {
    return fail([sentence(error)]);
  }
  return ok({
    processors: members.map(({ bound }) => addressOf(bound?.extproc ?? "")),
    apiUrl: begun.value.apiUrl ?? "",
    metricsUrl: metrics.url,
    reload: async () => {
      for (const member of members)
        await member.ask("reload", undefined, patience).catch(() => undefined);
    },
    stop: async (how) => {
      const ended = await stopAll(members, how);
      await metrics.close();
      return ended;
    },
  });
}

function membersOf(config: Config, options: SupervisorOptions): NonEmpty<Member> {
  const { main, env, out, told } = options;
  const file = resolve(options.file);
  const text = readFileSync(file, "utf8");
  const { processes: of, transport } = config.listen;
  const answers = {
    "whole-ready": () => standings(members),
    "whole-metrics": () => wholeMetrics(members),
    // What the first wants of every other, and what they tell the first.
    others: ({ what, given }: { readonly what: string; readonly given: unknown }) =>
      Promise.all(members.slice(1).map((one) => one.ask(what, given, longPatience))),
    "tell-others": ({ what, given }: { readonly what: string; readonly given: unknown }) => {
      for (const one of members.slice(1)) one.tell(what, given);
    },
    seen: (given: unknown) => members[0].tell("seen", given),
  };
  const member = (number: number): Member =>
    new Member({
      main,
      args: ["serve", "--process", String(number)],
      begin: { file, text, place: { number, of }, transport },
      ...{ env, out, err: options.err, told },
      answers,
    });
  const members: NonEmpty<Member> = [
    member(0),
    ...Array.from({ length: of - 1 }, (_, index) => member(index + 1)),
  ];
  return members;
}

async function stopAll(members: readonly Member[], how: Omit<Drain, "handOver">): Promise<boolean> {
  const ended = await Promise.all(members.map((member) => member.stop(how)));
  return ended.every(Boolean);
}

function standings(members: readonly Member[]): Promise<readonly Standing[]> {
  return Promise.all(
    members.map(async (member): Promise<Standing> => {
      const { number } = member;
      try {
        const checks = (await member.ask("ready", undefined, patience)) as readonly {
          readonly ok: boolean;
          readonly detail: string;
        }[];
        const bad = checks.filter((check) => !check.ok).map(({ detail }) => detail);
        return { number, ready: bad.length === 0, detail: bad.join(", ") };
      } catch (error) {
        return { number, ready: false, detail: error instanceof Error ? error.message : "gone" };
      }
    }),
  );
}

async function wholeMetrics(members: readonly Member[]): Promise<string> {
  const texts = await Promise.all(
    members.map((member) => member.ask("metrics", undefined, patience).catch(() => undefined)),
  );
  const parts = texts.flatMap((text, number) =>
    typeof text === "string" ? [{ labels: { process: String(number) }, text }] : [],
  );
  const each = (of: (member: Member, number: number) => number): readonly Sample[] =>
    members.map((member, number) => [{ process: String(number) }, of(member, number)]);
  return [
    gauge(
      "sallyport_process_up",
      "1 while the process of that number answers.",
      each((_, number) => (texts[number] === undefined ? 0 : 1)),
    ),
    counter(
      "sallyport_process_starts_total",
      "How often the process of that number was started.",
      each(({ starts }) => starts),
    ),
    merged(parts),
  ].join("");
}
