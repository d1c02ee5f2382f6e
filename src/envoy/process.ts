import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { err, ok, type Result } from "../base/result.ts";
import { type AdminAddress, askAdmin, readStats } from "./admin-client.ts";

export interface EnvoyOptions {
  /** Path of the Envoy binary. */
  readonly binary: string;
  readonly bootstrapFile: string;
  /** Where Envoy's own log goes (appended) and its address file lies; made if missing. */
  readonly dir: string;
  /** Worker threads; absent: one per core. */
  readonly concurrency?: number;
  /** `debug` and `trace` would print credentials, so they cannot be asked for. Absent: `warning`. */
  readonly logLevel?: "info" | "warning" | "error" | "critical" | "off";
  /** Milliseconds until it must be ready; absent: 30 s. */
  readonly readyWithin?: number;
}

/** How a process ended: by itself with a status, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** An Envoy that is ready to serve. It is killed when this process exits, whatever happens. */
export interface EnvoyProcess {
  readonly pid: number;
  readonly adminUrl: string;
  readonly admin: AdminAddress;
  readonly logFile: string;
  /** Resolves when it has ended, wanted or not. */
  readonly exited: Promise<Exit>;
  /**
   * Stops it. With `drain` milliseconds it first takes no new connections and lets running requests end,
   * that long at most. Resolves when it is gone.
   */
  stop(drain?: number): Promise<Exit>;
}

/** Starts Envoy and waits until it is ready. The error tells the end of its log. */
export async function startEnvoy(options: EnvoyOptions): Promise<Result<EnvoyProcess>> {
  await mkdir(options.dir, { recursive: true });
  const logFile = join(options.dir, "envoy.log");
  const addressFile = join(options.dir, "envoy-admin-address");
  await rm(addressFile, { force: true });
  const before = await stat(logFile).then(
    ({ size }) => size,
    () => 0,
  );
  const child = launch(options, logFile, addressFile);
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const exited = ended(child).finally(() => process.off("exit", kill));
  const admin = await ready(exited, addressFile, options.readyWithin ?? 30_000);
  if (admin === undefined || child.pid === undefined) {
    kill();
    const { code, signal } = await exited;
    return err(
      `Envoy did not start (${signal ?? code ?? "it cannot be run"}): ${await reason(logFile, before)}`,
    );
  }
  return ok({
    pid: child.pid,
    adminUrl: admin.startsWith("/") ? `unix:${admin}` : `http://${admin}`,
    admin,
    logFile,
    exited,
    stop: async (drain = 0) => {
      if (drain > 0) await Promise.race([drainListeners(admin, drain), exited]);
      child.kill("SIGTERM");
      const stubborn = setTimeout(kill, 5_000);
      return exited.finally(() => clearTimeout(stubborn));
    },
  });
}

function launch(options: EnvoyOptions, logFile: string, addressFile: string): ChildProcess {
  const args = ["-c", options.bootstrapFile, "--admin-address-path", addressFile];
  // Without hot restart no shared memory is claimed, so any number of Envoys may run side by side.
  args.push("--disable-hot-restart", "--drain-strategy", "immediate");
  args.push("--log-level", options.logLevel ?? "warning");
  if (options.concurrency !== undefined) args.push("--concurrency", String(options.concurrency));
  const log = openSync(logFile, "a", 0o600);
  try {
    // Our environment holds credentials: Envoy needs none of it. And Ctrl-C is for us alone, or Envoy would end undrained.
    return spawn(options.binary, args, { stdio: ["ignore", log, log], env: {}, detached: true });
  } finally {
    closeSync(log);
  }
}

function ended(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: null, signal: null }));
  });
}

/** Waits for the admin interface to say that all listeners are up; gives up when Envoy ends or time is over. */
async function ready(
  exited: Promise<Exit>,
  addressFile: string,
  within: number,
): Promise<AdminAddress | undefined> {
  const over = AbortSignal.timeout(within);
  let running = true;
  void exited.then(() => {
    running = false;
  });
  while (running && !over.aborted) {
    const address = (await readFile(addressFile, "utf8").catch(() => "")).trim();
    if (address !== "") {
      const answer = await askAdmin(address, "GET", "/ready").catch(() => undefined);
      if (answer?.status === 200) return address;
    }
    await Promise.race([sleep(25), exited]);
  }
  return undefined;
}

async function drainListeners(admin: AdminAddress, drain: number): Promise<void> {
  const over = AbortSignal.timeout(drain);
  try {
    // Tells open connections to close after their answer (GOAWAY, `connection: close`); then stops listening.
    await askAdmin(admin, "POST", "/drain_listeners?graceful&skip_exit");
    await askAdmin(admin, "POST", "/drain_listeners");
    while (!over.aborted && (await isBusy(admin))) await sleep(50);
  } catch {
    // An admin interface that no longer answers cannot drain: stop all the same.
  }
}

async function isBusy(admin: AdminAddress): Promise<boolean> {
  const active = await readStats(admin, "^http\\..+\\.downstream_rq_active$");
  // The admin interface counts this very question.
  return [...active].some(
    ([name, count]) => count > 0 && name !== "http.admin.downstream_rq_active",
  );
}

/** What Envoy logged since `from`, in its own words: the critical message alone where it names one. */
async function reason(file: string, from: number): Promise<string> {
  const written = await readFile(file).catch(() => Buffer.alloc(0));
  const lines = written
    .subarray(from)
    .toString("utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const telling = lines.filter((line) => /\[(critical|error)\]/.test(line));
  const stated = telling.map((line) => / error `(.+?)` initializing config/.exec(line)?.[1]);
  const found = stated.find((words) => words !== undefined);
  return (
    found ?? ((telling.length > 0 ? telling : lines).slice(-3).join(" ") || `see ${dirname(file)}`)
  );
}
