import { openServing } from "../assembly/gateway.ts";
import { readArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { openConfig } from "./config-file.ts";
import { operatorLog, tellReload, tellWarnings } from "./log.ts";
import { stopSignal } from "./shutdown.ts";
import { version } from "./version-file.ts";

/** The processor and the API, for an Envoy that somebody else runs. */
export const serve: Command = {
  name: "serve",
  summary: "run the processor and the API behind an Envoy of your own",
  usage: "[--config FILE] [--notice SECONDS] [--drain SECONDS]",
  async run(args, io) {
    const read = readArguments(args, {
      config: { type: "string", default: "sallyport.yaml" },
      // Envoy asks every two seconds, and believes the second answer.
      notice: { type: "string", default: "6" },
      drain: { type: "string", default: "30" },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { config: file, notice, drain } = read.value.values;
    const config = openConfig(file, io);
    if (config === undefined) return 2;
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
    await serving.stop({ notice: Number(notice) * 1000, deadline: Number(drain) * 1000 });
    return 0;
  },
};
