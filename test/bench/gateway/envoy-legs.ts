import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { readListeners } from "../../../src/envoy/admin-client.ts";
import { findEnvoy } from "../../../src/envoy/binary.ts";
import { startEnvoy } from "../../../src/envoy/process.ts";
import type { Stack } from "../../support/stack.ts";
import type { Leg } from "./leg.ts";

const run = promisify(execFile);
const here = join(import.meta.dirname, "..", "echo");

/** Envoy with the bootstrap of `stack`, without the filters that make it a gateway. */
export function envoyAlone(stack: Stack): Promise<Leg> {
  return envoyWith(stack, "Envoy alone", ["router"], undefined);
}

/** Envoy with ext_proc streaming everything to the least processor on grpc-js. */
export const envoyAndGrpcJs = (stack: Stack): Promise<Leg> => envoyAndOurs(stack, "grpc-js");

/** The same on the transport of our own. */
export const envoyAndHttp2 = (stack: Stack): Promise<Leg> => envoyAndOurs(stack, "http2");

async function envoyAndOurs(stack: Stack, transport: "grpc-js" | "http2"): Promise<Leg> {
  const socket = join(stack.folder.path, `${transport}.sock`);
  const processor = spawn(process.execPath, [join(here, "pass-through.ts"), socket, transport], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(processor.stdout as NonNullable<ChildProcess["stdout"]>, "data");
  const name = `pass-through, ${transport}`;
  return envoyWith(stack, name, ["ext_proc", "router"], { socket, processor });
}

/** The same in Go; a sentence where Go or its modules cannot be had. */
export async function envoyAndGo(stack: Stack): Promise<Leg | string> {
  const binary = join(here, "..", "..", "..", ".cache", "bench-echo-go");
  try {
    await run("go", ["build", "-o", binary, "."], { cwd: here });
  } catch (error) {
    return `the Go echo cannot be built: ${error instanceof Error ? error.message.split("\n")[0] : error}`;
  }
  const socket = join(stack.folder.path, "go.sock");
  const processor = spawn(binary, [socket], { stdio: ["ignore", "pipe", "inherit"] });
  await once(processor.stdout as NonNullable<ChildProcess["stdout"]>, "data");
  return envoyWith(stack, "pass-through, Go", ["ext_proc", "router"], { socket, processor });
}

interface Processor {
  readonly socket: string;
  readonly processor: ChildProcess;
}

async function envoyWith(
  stack: Stack,
  name: string,
  filters: readonly string[],
  attached: Processor | undefined,
): Promise<Leg> {
  const binary = await findEnvoy();
  if (!binary.ok) throw new Error(binary.error);
  const dir = join(stack.folder.path, name.replaceAll(/\W+/g, "-"));
  mkdirSync(dir);
  const bootstrapFile = join(dir, "bootstrap.json");
  writeFileSync(bootstrapFile, bootstrap(stack, filters, attached?.socket));
  const envoy = await startEnvoy({ binary: binary.value.path, bootstrapFile, dir });
  if (!envoy.ok) throw new Error(envoy.error);
  const listeners = await readListeners(envoy.value.admin);
  const { pid } = envoy.value;
  const processor = attached?.processor.pid;
  return {
    name,
    url: `https://${listeners.get("proxy")}/copilot`,
    headers: [],
    pids: () => ({ envoy: pid, ...(processor === undefined ? {} : { processor }) }),
    async stop() {
      await envoy.value.stop();
      attached?.processor.kill();
    },
  };
}

/** What the gateway's own Envoy was started with, with these HTTP filters alone and this processor. */
function bootstrap(stack: Stack, filters: readonly string[], socket: string | undefined): string {
  const file = join(stack.folder.path, "data", "envoy", "bootstrap.json");
  const extProc = socket !== undefined;
  const whole = JSON.parse(readFileSync(file, "utf8"), (key, value) => {
    if (key === "typed_per_filter_config") return perRoute(value, extProc);
    if (key === "pipe" && extProc && String(value.path).includes("extproc"))
      return { ...value, path: socket };
    if (key !== "http_filters") return value;
    return (value as { name: string }[]).filter((filter) =>
      filters.some((wanted) => filter.name.endsWith(wanted)),
    );
  });
  return JSON.stringify(whole);
}

function perRoute(value: Readonly<Record<string, unknown>>, extProc: boolean): unknown {
  const kept = Object.entries(value).filter(([name]) => extProc && name.endsWith("ext_proc"));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
