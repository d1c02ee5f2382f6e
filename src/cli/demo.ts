import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Gateway } from "../assembly/gateway.ts";
import { err, ok, type Result } from "../base/result.ts";
import { loadConfig } from "../config/file.ts";
import type { Config } from "../config/schema.ts";
import { startDemoCollector } from "../demo/collector.ts";
import { startDemoIssuer } from "../demo/issuer.ts";
import { writeDemoSetting } from "../demo/setting.ts";
import { runTour } from "../demo/tour.ts";
import { startDemoUpstream } from "../demo/upstream.ts";
import { formatProblem } from "../yaml/problem.ts";
import type { Io } from "./command.ts";

/** Stand-ins for everything around the gateway, and the config that points at them. */
export interface Demo {
  readonly config: Config;
  /** The stand-in for the identity provider, which gives tokens to whoever asks (`/demo/job-token`, `/demo/alice-token`). */
  readonly issuer: string;
  /** Takes the lines of the exchanges, so that they do not run into the tour. */
  readonly line: (line: string) => void;
  tour(gateway: Gateway): Promise<Result<void>>;
  close(): Promise<void>;
}

/** Starts the demo parts on loopback, in a temporary folder that goes with them. */
export async function openDemo(io: Io): Promise<Result<Demo>> {
  const dir = await mkdtemp(join(tmpdir(), "sallyport-demo-"));
  const credential = `demo-${randomBytes(24).toString("hex")}`;
  const [issuer, upstream, collector] = await Promise.all([
    startDemoIssuer(),
    startDemoUpstream({ credential }),
    startDemoCollector(),
  ]);
  const lines = createWriteStream(join(dir, "exchanges.jsonl"));
  const close = async (): Promise<void> => {
    await Promise.all([issuer.close(), upstream.close(), collector.close()]);
    await new Promise((resolve) => lines.end(resolve));
    await rm(dir, { recursive: true, force: true });
  };
  const urls = { issuer: issuer.url, upstream: upstream.url, collector: collector.url };
  const anyPort = io.env["SALLYPORT_ANY_PORT"] !== undefined;
  const file = await writeDemoSetting({ dir, credential, anyPort, ...urls });
  const config = loadConfig(file);
  if (!config.ok) {
    await close();
    return err(config.error.map(formatProblem).join("\n"));
  }
  return ok({
    config: config.value,
    issuer: issuer.url,
    line: (line) => lines.write(`${line}\n`),
    close,
    tour: async ({ front, serving }) => {
      try {
        await runTour({
          proxy: front.proxyUrl,
          ca: front.authority,
          api: serving.apiUrl.replace(/\/$/, ""),
          issuer,
          upstream,
          collector,
          credential,
          write: io.out,
          colour: process.stdout.isTTY,
        });
        io.out(`One line of JSON per exchange: ${join(dir, "exchanges.jsonl")}`);
        return ok(undefined);
      } catch (error) {
        return err(`The tour failed: ${error instanceof Error ? error.message : "no reason"}`);
      }
    },
  });
}
