import { availableParallelism } from "node:os";
import { extname, join, resolve } from "node:path";
import type { Logger } from "pino";
import type { Change } from "../assembly/processes/member-process.ts";
import type { SupervisorOptions } from "../assembly/processes/supervisor-process.ts";
import { transports } from "../config/listen.ts";
import { unshared } from "../config/processes.ts";
import type { Config } from "../config/schema.ts";
import type { Io } from "./command.ts";
import { version } from "./version-file.ts";

interface Listening {
  readonly processes?: string | undefined;
  readonly transport?: string | undefined;
}

/** The config with what these options say instead; absent, and told, when that cannot be. */
export function withListening(
  config: Config,
  { processes, transport }: Listening,
  io: Pick<Io, "err">,
): Config | undefined {
  const over = transports.find((one) => one === transport);
  if (transport !== undefined && over === undefined) {
    io.err(`--transport must be ${transports.join(" or ")}.`);
    return undefined;
  }
  const { listen } = config;
  const told = over === undefined ? config : { ...config, listen: { ...listen, transport: over } };
  return withProcesses(told, processes, io);
}

/** The config with as many processes as the option says, `auto` for one per core; absent, and told, when they cannot be. */
export function withProcesses(
  config: Config,
  asked: string | undefined,
  io: Pick<Io, "err">,
): Config | undefined {
  if (asked === undefined) return config;
  const processes = asked === "auto" ? availableParallelism() : Number(asked);
  if (!Number.isInteger(processes) || processes < 1 || processes > 64) {
    io.err("--processes must be auto, or a number from 1 to 64.");
    return undefined;
  }
  const several = { ...config, listen: { ...config.listen, processes } };
  const why = unshared(several);
  if (why === undefined) return several;
  io.err(`--processes ${asked}: ${why}.`);
  return undefined;
}

/** What a supervisor needs of the command line. */
export function supervision(file: string, io: Io, log: Logger): SupervisorOptions {
  return {
    file: resolve(io.cwd, file),
    // The program itself: compiled where this file is.
    main: join(import.meta.dirname, "..", `main${extname(import.meta.filename)}`),
    version,
    env: io.env,
    out: io.out,
    err: io.err,
    told: (change) => tellChange(log, change),
  };
}

function tellChange(log: Logger, change: Change): void {
  const { number } = change;
  if (change.kind === "up") log.info({ process: number, pid: change.pid }, "a process serves");
  else if (change.kind === "gone")
    log.error(
      { process: number, how: change.how, againInMs: change.again },
      "a process has ended by itself: it is started again",
    );
  else log.error({ process: number, why: change.why }, "a process could not be started again");
}
