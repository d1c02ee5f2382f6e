import { openServing } from "../assembly/gateway.ts";
import { openProcesses } from "../assembly/processes/supervisor-process.ts";
import { formatAddress } from "../config/address.ts";
import type { Config } from "../config/schema.ts";
import type { Drain } from "../extproc/transport.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitStatus, Io } from "./command.ts";
import { openConfig } from "./config-file.ts";
import { operatorLog, tellReload, tellWarnings } from "./log.ts";
import { supervision, withListening } from "./processes.ts";
import { serveProcess } from "./serve-process.ts";
import { stopSignal } from "./shutdown.ts";
import { version } from "./version-file.ts";

/** The processor and the API, for an Envoy that somebody else runs. */
export const serve: Command = {
  name: "serve",
  summary: "run the processor and the API behind an Envoy of your own",
  usage:
    "[--config FILE] [--processes N|auto] [--transport grpc-js|http2] [--notice SECONDS] [--drain SECONDS]",
  async run(args, io) {
    const read = readArguments(args, {
      config: { type: "string", default: "sallyport.yaml" },
      processes: { type: "string" },
      transport: { type: "string" },
      // Ours alone: which of them this is.
      process: { type: "string" },
      // Envoy asks every two seconds, and believes the second answer.
      notice: { type: "string", default: "6" },
      drain: { type: "string", default: "30" },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { config: file, process: number, notice, drain } = read.value.values;
    if (number !== undefined) return serveProcess(io);
    const written = openConfig(file, io);
    const config = written && withListening(written, read.value.values, io);
    if (config === undefined) return 2;
    const how = { notice: Number(notice) * 1000, deadline: Number(drain) * 1000 };
    return config.listen.processes > 1
      ? serveSeveral(config, file, how, io)
      : serveAlone(config, how, io);
  },
};

async function serveAlone(
  config: Config,
  how: Omit<Drain, "handOver">,
  io: Io,
): Promise<ExitStatus> {
  const log = operatorLog(io.env);
  const stopped = stopSignal();
  const opened = await openServing(config, version, {
    env: io.env,
    out: io.out,
    fault: (where, error) => log.error({ where, err: error }, "fault"),
    report: (reload) => tellReload(log, reload),
  });
  if (!opened.ok) {
    for (const sentence of opened.error) io.err(sentence);
    return 2;
  }
  const { house, serving } = opened.value;
  tellWarnings(log, house.policy.current());
  process.on("SIGHUP", () => {
    house.policy.reload();
  });
  const { processor, apiUrl, metricsUrl } = serving;
  log.info({ extproc: processor.address, api: apiUrl, metrics: metricsUrl }, "serving");
  await stopped;
  log.info("draining");
  await serving.stop(how);
  return 0;
}

async function serveSeveral(
  config: Config,
  file: string,
  how: Omit<Drain, "handOver">,
  io: Io,
): Promise<ExitStatus> {
  const log = operatorLog(io.env);
  const stopped = stopSignal();
  const opened = await openProcesses(config, supervision(file, io, log));
  if (!opened.ok) {
    for (const sentence of opened.error) io.err(sentence);
    return 2;
  }
  const processes = opened.value;
  process.on("SIGHUP", () => void processes.reload());
  const { apiUrl, metricsUrl } = processes;
  const extproc = processes.processors.map(formatAddress);
  log.info({ extproc, api: apiUrl, metrics: metricsUrl }, "serving");
  await stopped;
  log.info("draining");
  return (await processes.stop(how)) ? 0 : 1;
}
