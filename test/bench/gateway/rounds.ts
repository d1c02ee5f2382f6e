import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { requestText } from "../samples.ts";
import { envoyAlone, envoyAndGo, envoyAndGrpcJs, envoyAndHttp2 } from "./envoy-legs.ts";
import type { Leg } from "./leg.ts";
import { type Load, load, type Sample } from "./load.ts";
import { liteLlm, portkey } from "./peer-legs.ts";
import { gateway, gatewayOf } from "./sallyport-legs.ts";

/** The options of all benchmarks that go by way of the gateway. */
export const { values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string" },
    warm: { type: "string", default: "40" },
    "no-peers": { type: "boolean", default: false },
    // Only legs whose names hold one of these words.
    small: { type: "boolean", default: false },
    // Of the soak.
    minutes: { type: "string", default: process.env["SOAK_MINUTES"] ?? "60" },
    processes: { type: "string", default: "1" },
    rate: { type: "string", default: "40" },
    transport: { type: "string", default: "grpc-js" },
    // Of the bodies: answers of so many KiB alone, over so many connections alone.
    down: { type: "string" },
    users: { type: "string" },
    only: { type: "string", multiple: true, default: [] as string[] },
  },
});
/** Whether it is enough to see that the benchmark runs. */
export const { small } = values;
const rounds = Number(values.rounds);
const seconds = Number(values.seconds ?? "8");
/** Seconds: V8 still compiles after twenty under full load, and a gateway runs for days. */
const warm = Number(values.warm);
/** The same for a load of another shape. */
const warmAgain = 10;
/** Seconds before each measurement: while the others had their turn V8 has given back memory, and code that it had made. */
const again = 2;

/** One leg's samples in the order of the rounds. */
export interface Row {
  readonly name: string;
  readonly samples: readonly Sample[];
}

/** Runs `act` beside the upstream of the benchmarks; `dir` is a folder for as long. */
export async function withUpstream<T>(act: (url: string, dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const upstream = spawn(process.execPath, [join(import.meta.dirname, "..", "upstream.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stdout = upstream.stdout as NonNullable<ChildProcess["stdout"]>;
  const [port] = (await once(stdout, "data")) as [Buffer];
  try {
    return await act(`http://127.0.0.1:${Number(port.toString())}`, dir);
  } finally {
    upstream.kill();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Every way there is to the upstream, opened for `act` and closed after it. Ways that cannot be had are said. */
export function withLegs<T>(
  peers: boolean,
  act: (legs: readonly Leg[], dir: string) => Promise<T>,
): Promise<T> {
  return withUpstream(async (url, dir) => {
    const direct = { name: "upstream direct", url, headers: [], pids: () => ({}) };
    const legs: Leg[] = [{ ...direct, stop: async () => undefined }];
    const add = async (name: string, open: () => Promise<Leg | string>): Promise<void> => {
      if (values.only.length > 0 && !values.only.some((word) => name.includes(word))) return;
      const opened = await open();
      if (typeof opened === "string") console.log(`left out: ${opened}`);
      else legs.push(opened);
    };
    try {
      const plain = await gateway("Sallyport, no masks", url);
      await add("Envoy alone", () => envoyAlone(plain.stack));
      await add("pass-through, Go", () => envoyAndGo(plain.stack));
      await add("pass-through, grpc-js", () => envoyAndGrpcJs(plain.stack));
      await add("pass-through, http2", () => envoyAndHttp2(plain.stack));
      // It lends its bootstrap to the others, and has to end whether or not it is measured.
      legs.push(plain.leg);
      await add(
        "Sallyport, full work",
        async () => (await gateway("Sallyport, full work", url)).leg,
      );
      await add(
        "Sallyport, full work, http2",
        async () => (await gateway("Sallyport, full work", url, {}, "http2")).leg,
      );
      await add("full work, 2 processes", () => gatewayOf(2, url));
      if (peers && !values["no-peers"]) {
        await add("LiteLLM", () => liteLlm(url, dir));
        await add("Portkey", () => portkey(url));
      }
      return await act(legs, dir);
    } finally {
      for (const leg of legs) await leg.stop();
    }
  });
}

const warmed = new WeakSet<Leg>();

/** The same load on every leg, in turns, after a warm-up of each. */
export async function inTurns(
  legs: readonly Leg[],
  dir: string,
  { requestBytes, ...shape }: Omit<Load, "body" | "seconds"> & { readonly requestBytes: number },
): Promise<readonly Row[]> {
  const body = requestFile(dir, requestBytes);
  const samples = new Map<string, Sample[]>(legs.map(({ name }) => [name, []]));
  for (const leg of legs) {
    const most = warmed.has(leg) ? Math.min(warmAgain, warm) : warm;
    warmed.add(leg);
    await load(leg, { ...shape, body, seconds: Math.min(most, seconds * 8) }, dir);
  }
  for (let round = 0; round < rounds; round += 1)
    for (const leg of legs) {
      await load(leg, { ...shape, body, seconds: Math.min(again, seconds) }, dir);
      samples.get(leg.name)?.push(await load(leg, { ...shape, body, seconds }, dir));
    }
  return [...samples].map(([name, own]) => ({ name, samples: own }));
}

/** A file with a chat completion request of about `bytes`. */
export function requestFile(dir: string, bytes: number): string {
  const file = join(dir, `request-${bytes}.json`);
  writeFileSync(file, requestText(bytes));
  return file;
}
