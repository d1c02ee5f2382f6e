import { join, parse } from "node:path";
import type { Address } from "./address.ts";
import type { Config } from "./schema.ts";

/** Which one of several processes: the first is number 0. */
export interface ProcessPlace {
  readonly number: number;
  readonly of: number;
}

/** Where each processor of this gateway listens, in the order of their numbers; port 0 stays any free one. */
export function processorAddresses({
  extproc,
  processes,
}: Pick<Config["listen"], "extproc" | "processes">): readonly Address[] {
  return Array.from({ length: processes }, (_, number) => addressOf(extproc, number));
}

function addressOf(first: Address, number: number): Address {
  if (number === 0) return first;
  if (first.kind === "tcp")
    return first.port === 0 ? first : { ...first, port: first.port + number };
  const { dir, name, ext } = parse(first.path);
  return { kind: "unix", path: join(dir, `${name}-${number}${ext}`) };
}

/** Why several processes cannot share what this config names, if they cannot; half a sentence. */
export function unshared({ listen, state, audit }: Config): string | undefined {
  if (listen.processes === 1) return undefined;
  if (state.kind !== "redis")
    return "several processes share approvals, sessions and counters through Redis: state must be { kind: redis, url: … }";
  if (audit.log === undefined)
    return "several processes write one transparency log: audit.log must be { dir: … } or { s3: … }";
  return undefined;
}

/** The config of one of them, which listens where it alone does. */
export function ofProcess(config: Config, number: number): Config {
  if (number === 0) return config;
  const { listen } = config;
  const extproc = processorAddresses(listen)[number] ?? listen.extproc;
  return { ...config, listen: { ...listen, extproc } };
}

/** The name of a process's records among those of its like; 64 characters at most. */
export function replicaOf(first: string, number: number): string {
  return number === 0 ? first : `${first.slice(0, 60)}.p${number}`;
}
