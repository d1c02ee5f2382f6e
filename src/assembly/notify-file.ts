import { readFileSync } from "node:fs";
import { githubDeploymentSink } from "../approvals/notify/github-deployment.ts";
import type { Sink } from "../approvals/notify/sink.ts";
import { slackSink } from "../approvals/notify/slack.ts";
import { readSigner, type Signer } from "../approvals/notify/standard-webhook.ts";
import { webhookSink } from "../approvals/notify/webhook.ts";
import { recordSink } from "../approvals/outbox.ts";
import type { ApprovalStore } from "../approvals/store.ts";
import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { Config } from "../config/schema.ts";
import { githubAppSource, parsePrivateKey } from "../credentials/github-app.ts";
import type { CredentialSource } from "../credentials/source.ts";
import { consoleUrl } from "./law.ts";
import { readSecret } from "./secret-file.ts";

type Notify = Config["approvals"]["notify"];
type Environment = Readonly<Record<string, string | undefined>>;

/** The names under which the outbox keeps notices; known before anything else is. */
export function sinkNames({ approvals: { notify } }: Config): readonly string[] {
  const { webhooks, slack, github } = notify;
  return [...webhooks, ...slack]
    .map(({ name }) => name)
    .concat(github === undefined ? [] : ["github-deployment"])
    .concat(recordSink);
}

interface SinkParts {
  readonly store: ApprovalStore;
  readonly clock: Clock;
  readonly env: Environment;
}

/** Everybody outside who is told of approvals; the error is a sentence. */
export function openSinks(config: Config, parts: SinkParts): Result<readonly Sink[]> {
  const { webhooks, slack, github, privateHosts } = config.approvals.notify;
  const shared = { consoleUrl: consoleUrl(config), privateHosts };
  return all([
    ...webhooks.map((webhook) => openWebhook(webhook, shared, parts)),
    ...slack.map((channel) => openSlack(channel, shared, parts)),
    ...(github === undefined ? [] : [openGithub(github, shared, parts)]),
  ]);
}

interface Shared {
  readonly consoleUrl: string;
  readonly privateHosts: readonly string[];
}

function openWebhook(
  { name, url, secrets }: Notify["webhooks"][number],
  shared: Shared,
  { clock, env }: SinkParts,
): Result<Sink> {
  const signers = all(secrets.map((reference) => signerOf(reference, env)));
  if (!signers.ok) return err(`the webhook ${name}: ${signers.error}`);
  const source = new URL("/", shared.consoleUrl).href;
  return ok(webhookSink({ ...shared, name, url, signers: signers.value, clock, source }));
}

function openSlack(
  { name, url, buttons }: Notify["slack"][number],
  shared: Shared,
  { env }: SinkParts,
): Result<Sink> {
  const address = readSecret(url, env);
  if (!address.ok) return address;
  if (!URL.canParse(address.value.reveal())) return err(`the Slack webhook ${name} is no URL`);
  const decidable = buttons === undefined ? {} : { buttons: buttons.rules };
  return ok(slackSink({ ...shared, name, url: address.value, ...decidable }));
}

function openGithub(
  github: NonNullable<Notify["github"]>,
  shared: Shared,
  { store, clock, env }: SinkParts,
): Result<Sink> {
  const tokens = appTokens(github, clock, env);
  if (!tokens.ok) return tokens;
  const { apiCa } = github.app;
  const ca = apiCa === undefined ? {} : { ca: readFileSync(apiCa, "utf8") };
  return ok(githubDeploymentSink({ ...shared, ...ca, store, token: tokens.value }));
}

function signerOf(reference: Parameters<typeof readSecret>[0], env: Environment): Result<Signer> {
  const secret = readSecret(reference, env);
  return secret.ok ? readSigner(secret.value) : secret;
}

/** Tokens of whichever installation asks, good for deployments alone. */
function appTokens(
  { app }: NonNullable<Notify["github"]>,
  clock: Clock,
  env: Environment,
): Result<(installation: string) => Promise<Secret>> {
  const pem = readSecret(app.key, env);
  if (!pem.ok) return pem;
  const parsed = parsePrivateKey(pem.value.reveal());
  if (!parsed.ok) return err(`the key of the GitHub App for deployments: ${parsed.error}`);
  const sources = new Map<string, CredentialSource>();
  const sourceOf = (installation: string): CredentialSource => {
    const permissions = { deployments: "write" };
    const settings = { ...app, kind: "github-app" as const, installation, permissions };
    const source = sources.get(installation) ?? githubAppSource(settings, async () => pem, clock);
    sources.set(installation, source);
    return source;
  };
  return ok(async (installation) => {
    const token = await sourceOf(installation).secret({});
    if (!token.ok) throw new Error(token.error);
    return token.value;
  });
}

function all<T>(results: readonly Result<T>[]): Result<readonly T[]> {
  const values: T[] = [];
  for (const result of results) {
    if (!result.ok) return result;
    values.push(result.value);
  }
  return ok(values);
}
