import { type Gateway, openGateway } from "../assembly/gateway.ts";
import { type GatewayOfSeveral, openGatewayOfSeveral } from "../assembly/processes/gateway.ts";
import type { Config } from "../config/schema.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitStatus, Io } from "./command.ts";
import { openConfig } from "./config-file.ts";
import { type Demo, openDemo } from "./demo.ts";
import { operatorLog, tellReload, tellWarnings } from "./log.ts";
import { supervision, withListening } from "./processes.ts";
import { stopSignal } from "./shutdown.ts";
import { version } from "./version-file.ts";

const DRAIN_MS = 30_000;

/** Envoy, the processor and the API in one go; without a config, on a demo of everything else. */
export const start: Command = {
  name: "start",
  summary: "run Envoy, the processor and the API; without --config, a demo with a tour",
  usage: "[--config FILE [--processes N|auto] [--transport grpc-js|http2]] [--no-tour]",
  async run(args, io) {
    const read = readArguments(args, {
      config: { type: "string" },
      processes: { type: "string" },
      transport: { type: "string" },
      "no-tour": { type: "boolean", default: false },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { config: file, "no-tour": noTour } = read.value.values;
    if (file === undefined) return startDemo(!noTour, io);
    const written = openConfig(file, io);
    const config = written && withListening(written, read.value.values, io);
    if (config === undefined) return 2;
    return config.listen.processes > 1 ? runSeveral(config, file, io) : run(config, io, io.out);
  },
};

async function startDemo(tour: boolean, io: Io): Promise<ExitStatus> {
  const demo = await openDemo(io);
  if (!demo.ok) {
    io.err(demo.error);
    return 2;
  }
  try {
    const { config, line, issuer } = demo.value;
    return await run(config, io, line, async (gateway) => {
      const toured = tour ? await demo.value.tour(gateway) : undefined;
      const { proxy, ca, api } = whereabouts(gateway);
      const audit = config.audit.dir;
      io.out(`By hand, as the README says:
export PROXY=${proxy} CA=${ca} API=${api} ISSUER=${issuer} AUDIT=${audit}`);
      return toured;
    });
  } finally {
    await demo.value.close();
  }
}

/** Opens the gateway, shows the demo where there is one, and stays. */
async function run(
  config: Config,
  io: Io,
  line: (line: string) => void,
  then?: (gateway: Gateway) => Promise<Awaited<ReturnType<Demo["tour"]>> | undefined>,
): Promise<ExitStatus> {
  const log = operatorLog({ SALLYPORT_LOG: "warn", ...io.env });
  const stopped = stopSignal();
  const opened = await openGateway(config, version, {
    env: io.env,
    out: line,
    fault: (where, error) => log.error({ where, err: error }, "fault"),
    report: (reload) => tellReload(log, reload),
    notice: io.err,
  });
  if (!opened.ok) {
    for (const sentence of opened.error) io.err(sentence);
    return 2;
  }
  const gateway = opened.value;
  tellWarnings(log, gateway.house.policy.current());
  process.on("SIGHUP", () => {
    gateway.house.policy.reload();
  });
  const toured = await then?.(gateway);
  if (toured !== undefined && !toured.ok) {
    io.err(toured.error);
    await gateway.stop(0);
    return 1;
  }
  return stay(gateway, stopped, io);
}

/** The same with several processes behind Envoy, and no demo. */
async function runSeveral(config: Config, file: string, io: Io): Promise<ExitStatus> {
  const env = { SALLYPORT_LOG: "warn", ...io.env };
  const log = operatorLog(env);
  const stopped = stopSignal();
  const options = { ...supervision(file, { ...io, env }, log), notice: io.err };
  const opened = await openGatewayOfSeveral(config, options);
  if (!opened.ok) {
    for (const sentence of opened.error) io.err(sentence);
    return 2;
  }
  const gateway = opened.value;
  process.on("SIGHUP", () => void gateway.serving.reload());
  return stay(gateway, stopped, io);
}

type Open = Pick<GatewayOfSeveral | Gateway, "front" | "stop"> & {
  readonly serving: { readonly apiUrl: string; readonly metricsUrl: string };
};

/** Says where it is, and stays until it is told to stop or Envoy ends. */
async function stay(gateway: Open, stopped: Promise<NodeJS.Signals>, io: Io): Promise<ExitStatus> {
  io.out(`sallyport-ready ${JSON.stringify(whereabouts(gateway))}`);
  const ended = await Promise.race([stopped, gateway.front.envoy.exited]);
  await gateway.stop(DRAIN_MS);
  if (typeof ended === "string") return 0;
  io.err(`Envoy ended by itself; the end of its log is in ${gateway.front.envoy.logFile}.`);
  return 1;
}

function whereabouts({ front, serving }: Open): Readonly<Record<string, string>> {
  return {
    proxy: front.proxyUrl,
    forward: front.forwardUrl,
    api: serving.apiUrl.replace(/\/$/, ""),
    console: serving.apiUrl,
    metrics: serving.metricsUrl.replace(/\/$/, ""),
    ca: front.authority,
  };
}
