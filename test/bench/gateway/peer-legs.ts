import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "../../support/ports.ts";
import type { Leg } from "./leg.ts";

const run = promisify(execFile);
const cache = join(import.meta.dirname, "..", "..", "..", ".cache", "bench-peers");
const LITELLM = "1.106.2";
const DETECT_SECRETS = "1.5.0";
const PORTKEY = "1.15.2";

/** LiteLLM's proxy with its secret hiding on every request; a sentence where it cannot be had. */
export async function liteLlm(upstream: string, dir: string): Promise<Leg | string> {
  const venv = join(cache, `litellm-${LITELLM}`);
  try {
    if (!existsSync(join(venv, "bin", "detect-secrets"))) {
      await run("python3", ["-m", "venv", venv]);
      // Its secret hiding wants a package that it does not bring.
      const packages = [`litellm[proxy]==${LITELLM}`, `detect-secrets==${DETECT_SECRETS}`];
      await run(join(venv, "bin", "pip"), ["install", "-q", ...packages]);
    }
  } catch (error) {
    return `LiteLLM cannot be installed: ${firstLine(error)}`;
  }
  const port = await freePort();
  const config = join(dir, "litellm.yaml");
  const model = { model: "openai/m", api_base: upstream, api_key: "none" };
  writeFileSync(
    config,
    JSON.stringify({
      model_list: [{ model_name: "m", litellm_params: model }],
      guardrails: [
        {
          guardrail_name: "hide-secrets",
          litellm_params: { guardrail: "hide-secrets", mode: "pre_call", default_on: true },
        },
      ],
      litellm_settings: { telemetry: false },
    }),
  );
  // It starts with no other than a key of its own.
  const key = `sk-${randomUUID()}`;
  const child = spawn(join(venv, "bin", "litellm"), ["--config", config, "--port", `${port}`], {
    stdio: "ignore",
    env: {
      ...process.env,
      LITELLM_LOG: "ERROR",
      LITELLM_MASTER_KEY: key,
      NO_DOCS: "True",
      LITELLM_LOCAL_MODEL_COST_MAP: "True",
    },
  });
  const headers = [`authorization: Bearer ${key}`];
  return peer("LiteLLM, hide-secrets", child, port, headers, "/health/liveliness");
}

/** Portkey's gateway as it comes, which masks nothing by itself. */
export async function portkey(upstream: string): Promise<Leg | string> {
  const folder = join(cache, `portkey-${PORTKEY}`);
  const main = join(folder, "node_modules", "@portkey-ai", "gateway", "build", "start-server.js");
  try {
    if (!existsSync(main)) {
      mkdirSync(folder, { recursive: true });
      await run(
        "npm",
        ["install", "--no-fund", "--no-audit", "--prefix", folder].concat([
          `@portkey-ai/gateway@${PORTKEY}`,
        ]),
      );
    }
  } catch (error) {
    return `Portkey cannot be installed: ${firstLine(error)}`;
  }
  const port = await freePort();
  const child = spawn(process.execPath, [main, `--port=${port}`, "--headless"], {
    stdio: "ignore",
    env: { ...process.env, TRUSTED_CUSTOM_HOSTS: "127.0.0.1,localhost", NODE_ENV: "production" },
  });
  const headers = ["x-portkey-provider: openai", `x-portkey-custom-host: ${upstream}`].concat([
    "authorization: Bearer none",
  ]);
  return peer("Portkey, no masks", child, port, headers, "/");
}

async function peer(
  name: string,
  child: ChildProcess,
  port: number,
  headers: readonly string[],
  health: string,
): Promise<Leg | string> {
  const origin = `http://127.0.0.1:${port}`;
  for (let waited = 0; waited < 240; waited += 1) {
    if (child.exitCode !== null) return `${name} ended with ${child.exitCode}`;
    const up = await fetch(origin + health).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) {
      return {
        name,
        url: name.startsWith("Portkey") ? `${origin}/v1` : origin,
        headers,
        pids: () => ({ peer: child.pid ?? 0 }),
        stop: async () => child.kill("SIGKILL"),
      };
    }
    await sleep(500);
  }
  child.kill("SIGKILL");
  return `${name} did not become ready in two minutes`;
}

function firstLine(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
