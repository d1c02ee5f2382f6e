import type { SlackApp } from "../api/slack-actions.ts";
import type { Approver } from "../approvals/approver.ts";
import { ok, type Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { SecretReference } from "../config/reference.ts";
import type { Config } from "../config/schema.ts";
import { readSecret } from "./secret-file.ts";

type Notify = Config["approvals"]["notify"];
type Environment = Readonly<Record<string, string | undefined>>;

/** The secrets with which outsiders sign what they send us. */
export interface HookSecrets {
  readonly github?: Secret;
  readonly slack: readonly SlackApp[];
  /** With which the console shows itself to the identity provider. */
  readonly signIn?: Secret;
}

/** Reads them all; the error is a sentence. */
export function readHookSecrets(
  { approvals: { notify, signIn } }: Config,
  env: Environment,
): Result<HookSecrets> {
  const github = readIfAny(notify.github?.secret, env);
  if (!github.ok) return github;
  const client = readIfAny(signIn?.clientSecret, env);
  if (!client.ok) return client;
  const slack: SlackApp[] = [];
  for (const { buttons } of notify.slack) {
    if (buttons === undefined) continue;
    const signingSecret = readSecret(buttons.signingSecret, env);
    if (!signingSecret.ok) return signingSecret;
    const people = new Map(buttons.people.map((one) => [one.slack, approverOf(one)]));
    slack.push({ signingSecret: signingSecret.value, rules: buttons.rules, people });
  }
  return ok({
    slack,
    ...(github.value === undefined ? {} : { github: github.value }),
    ...(client.value === undefined ? {} : { signIn: client.value }),
  });
}

function readIfAny(
  reference: SecretReference | undefined,
  env: Environment,
): Result<Secret | undefined> {
  return reference === undefined ? ok(undefined) : readSecret(reference, env);
}

type Person = NonNullable<Notify["slack"][number]["buttons"]>["people"][number];

function approverOf({ slack, principal, groups, aliases }: Person): Approver {
  const subject = principal.slice(principal.indexOf(":") + 1);
  const names = [principal, subject, slack, ...aliases].map((name) => name.toLowerCase());
  return { id: principal, groups, aliases: [...new Set(names)] };
}
