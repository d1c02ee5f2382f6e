import { readFileSync } from "node:fs";
import { startRedis } from "../../support/redis.ts";
import { newSession } from "../../support/session.ts";
import type { Stack } from "../../support/stack.ts";
import { startStack } from "../../support/stack.ts";
import { startCollector } from "./collector.ts";
import type { Leg } from "./leg.ts";

/** A policy of a hundred rules whose last two let reads and model calls pass with these actions. */
function policyOf(actions: string): string {
  const denials = Array.from(
    { length: 98 },
    (_, index) =>
      `  - { id: rule-${index}, when: { operation: repository.delete, resource: "github.com/org-${index}/*" }, then: [ { deny: { reason: "No." } } ] }`,
  );
  return `rules:
${denials.join("\n")}
  - { id: reads, when: { access: read }, then: [ ${actions} ] }
  - { id: calls, when: { operation: model.call }, then: [ ${actions} ] }
otherwise: [ { deny: { reason: "No." } } ]
`;
}

/** What is switched on in each. Both want an OIDC session, put the credential in and keep a durable record. */
const kinds = {
  "Sallyport, no masks": "{ inject: {} }",
  "Sallyport, full work": "{ mask: { direction: both } }, { inject: {} }, { record: {} }",
} as const;

export type Kind = keyof typeof kinds;

export interface Gateway {
  readonly leg: Leg;
  readonly stack: Stack;
}

/** The whole gateway before `upstream`, with a session of a CI job. `env` is more of its environment. */
export async function gateway(
  kind: Kind,
  upstream: string,
  env: Readonly<Record<string, string>> = {},
  transport: "grpc-js" | "http2" = "grpc-js",
): Promise<Gateway> {
  const collector = await startCollector();
  const audit = { otlp: { url: collector.url } };
  const stack = await startStack({
    policy: policyFor(kind),
    config: { ...connections(upstream), listen: { transport }, audit },
    env,
  });
  const token = await newSession(stack);
  const leg: Leg = {
    name: transport === "grpc-js" ? kind : `${kind}, ${transport}`,
    url: `${stack.proxy}/copilot`,
    headers: [`authorization: Bearer ${token}`],
    metrics: stack.metrics,
    pids: () => ({ envoy: stack.envoyPids()[0] ?? 0, sallyport: stack.process.pid ?? 0 }),
    stop: async () => {
      await stack.stop();
      collector.stop();
    },
  };
  return { leg, stack };
}

/** The same with all its work in several processes, which share a Redis of their own. */
export async function gatewayOf(processes: number, upstream: string): Promise<Leg> {
  const redis = await startRedis();
  const collector = await startCollector();
  const stack = await startStack({
    policy: policyFor("Sallyport, full work"),
    config: {
      ...connections(upstream),
      listen: { processes },
      state: { kind: "redis", url: redis.url },
      audit: { log: { dir: "./log" }, otlp: { url: collector.url } },
    },
  });
  const token = await newSession(stack);
  return {
    name: `full work, ${processes} processes`,
    url: `${stack.proxy}/copilot`,
    headers: [`authorization: Bearer ${token}`],
    metrics: stack.metrics,
    pids: () => ({ ...children(stack), supervisor: stack.process.pid ?? 0, redis: redis.pid }),
    stop: async () => {
      await stack.stop();
      await redis.stop();
      collector.stop();
    },
  };
}

/** Envoy and the processes of a gateway of several, by name. */
function children(stack: Stack): Readonly<Record<string, number>> {
  return Object.fromEntries(
    stack.envoyPids().map((pid) => {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      const [, number] = /--process\0(\d+)/.exec(command) ?? [];
      return [number === undefined ? "envoy" : `sallyport ${number}`, pid] as const;
    }),
  );
}

/** The policy of that leg. */
export function policyFor(kind: Kind): string {
  return policyOf(kinds[kind]);
}

/** The one connection, to that upstream, and its credential. */
export function connections(upstream: string): Readonly<Record<string, unknown>> {
  return {
    connections: [
      {
        name: "copilot",
        kind: "copilot",
        hosts: ["api.githubcopilot.com"],
        upstream,
        credential: "copilot",
      },
    ],
    credentials: [{ name: "copilot", source: { file: "./credential" }, scheme: "bearer" }],
  };
}
