import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { requestText } from "../samples.ts";
import { envoyAlone, envoyAndGo, envoyAndGrpcJs } from "./envoy-legs.ts";
import type { Leg } from "./leg.ts";
import { type Load, load, type Sample } from "./load.ts";
import { liteLlm, portkey } from "./peer-legs.ts";
import { gateway } from "./sallyport-legs.ts";

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "8" },
    "no-peers": { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

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
    const add = (opened: Leg | string): void => {
      if (typeof opened === "string") console.log(`left out: ${opened}`);
      else legs.push(opened);
    };
    try {
      const plain = await gateway("Sallyport, no masks", url);
      add(await envoyAlone(plain.stack));
      add(await envoyAndGo(plain.stack));
      add(await envoyAndGrpcJs(plain.stack));
      add(plain.leg);
      add((await gateway("Sallyport, full work", url)).leg);
      add((await gateway("Sallyport, full work", url, {}, "http2")).leg);
      if (peers && !values["no-peers"]) {
        add(await liteLlm(url, dir));
        add(await portkey(url));
      }
      return await act(legs, dir);
    } finally {
      for (const leg of legs) await leg.stop();
    }
  });
}

/** The same load on every leg, in turns, after a warm-up of two seconds each. */
export async function inTurns(
  legs: readonly Leg[],
  dir: string,
  { requestBytes, ...shape }: Omit<Load, "body" | "seconds"> & { readonly requestBytes: number },
): Promise<readonly Row[]> {
  const body = requestFile(dir, requestBytes);
  const samples = new Map<string, Sample[]>(legs.map(({ name }) => [name, []]));
  for (const leg of legs) await load(leg, { ...shape, body, seconds: 2 }, dir);
  for (let round = 0; round < rounds; round += 1)
    for (const leg of legs)
      samples.get(leg.name)?.push(await load(leg, { ...shape, body, seconds }, dir));
  return [...samples].map(([name, own]) => ({ name, samples: own }));
}

/** A file with a chat completion request of about `bytes`. */
export function requestFile(dir: string, bytes: number): string {
  const file = join(dir, `request-${bytes}.json`);
  writeFileSync(file, requestText(bytes));
  return file;
}
