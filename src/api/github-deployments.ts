import { createHash } from "node:crypto";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import type { Ask, Terms } from "../approvals/approval.ts";
import { deploymentRelease } from "../approvals/notify/github-deployment.ts";
import type { ApprovalStore } from "../approvals/store.ts";
import type { Clock } from "../base/clock.ts";
import { parsedJson } from "../base/json.ts";
import type { Secret } from "../base/secret.ts";
import {
  type ApprovalId,
  newApprovalId,
  newRecordId,
  type RuleId,
  type SessionId,
} from "../core/ids.ts";
import { problem } from "./problem.ts";
import { isSignature } from "./webhook-signature.ts";

export interface GithubDeploymentParts {
  readonly store: ApprovalStore;
  readonly clock: Clock;
  /** The GitHub App's webhook secret. */
  readonly secret: Secret;
  /** Where GitHub's API is, such as `https://api.github.com`: only there are decisions sent. */
  readonly apiUrl: string;
  /** Who decides on an environment, and how long they have (ms); undefined: this gateway does not decide on it. */
  readonly terms: (
    repository: string,
    environment: string,
  ) => { readonly terms: Terms; readonly within: number } | undefined;
  /** Writes down durably who asks, before anybody is asked; rejects where that cannot be. */
  readonly record?: (by: string, id: ApprovalId) => Promise<void>;
}

const person = z.object({ login: z.string().max(100), id: z.int() });
const requested = z.object({
  action: z.literal("requested"),
  environment: z.string().min(1).max(255),
  deployment_callback_url: z.url(),
  deployment: z.object({ sha: z.string(), ref: z.string(), creator: person.nullish() }).nullish(),
  repository: z.object({ full_name: z.string().regex(/^[\w.-]+\/[\w.-]+$/) }),
  installation: z.object({ id: z.int() }),
  sender: person,
});

type Requested = z.output<typeof requested>;

/** Takes `deployment_protection_rule` webhooks: each becomes an approval, and the decision is GitHub's answer. */
export function githubDeployments(parts: GithubDeploymentParts): Hono {
  const app = new Hono();
  app.post("/", bodyLimit({ maxSize: 1024 * 1024 }), async (c) => {
    const body = await c.req.text();
    if (!isSignature(c.req.header("x-hub-signature-256") ?? "", "sha256=", body, parts.secret))
      return problem(c, {
        status: 401,
        code: "bad_signature",
        detail: "The signature is not right.",
      });
    if (c.req.header("x-github-event") !== "deployment_protection_rule") return c.body(null, 204);
    const read = requested.safeParse(parsedJson(body));
    if (!read.success || !callsBack(read.data, parts.apiUrl))
      return problem(c, { status: 422, code: "invalid", detail: "This event cannot be read." });
    const order = parts.terms(read.data.repository.full_name, read.data.environment);
    if (order === undefined) return c.body(null, 204);
    const ask = askFor(read.data, order);
    await parts.record?.(ask.requester.id, ask.id);
    const { approval } = await parts.store.open(ask, newRecordId(parts.clock.now()));
    return c.json({ approval: approval.ask.id }, 202);
  });
  return app;
}

function askFor(
  event: Requested,
  { terms, within }: { readonly terms: Terms; readonly within: number },
): Ask {
  const { environment, deployment_callback_url: callback, deployment, sender } = event;
  const repository = event.repository.full_name;
  const run = /\/actions\/runs\/(\d+)\//.exec(callback)?.[1] ?? "";
  const digest = (...of: readonly unknown[]) =>
    createHash("sha256").update(JSON.stringify(of)).digest("base64url");
  const people = [sender, deployment?.creator].flatMap((one) => one ?? []);
  return {
    id: newApprovalId(),
    binding: digest("github deployment", callback, environment, deployment?.sha, terms),
    // No grant is offered for a deployment: these are keys that nothing else has.
    grantKeys: { session: digest("session", callback), resource: digest("resource", callback) },
    session: `github run ${run} of ${repository}` as SessionId,
    requester: {
      id: `github:${sender.login}`,
      aliases: people.flatMap(({ login, id }) => [
        login.toLowerCase(),
        `github:${login.toLowerCase()}`,
        `${id}`,
      ]),
    },
    operations: [
      {
        protocol: "github-deployment",
        name: deploymentRelease,
        access: "write",
        resource: `github.com/${repository}`,
        attributes: {
          environment,
          run,
          callback,
          installation: `${event.installation.id}`,
          ...(deployment ? { ref: deployment.ref, sha: deployment.sha } : {}),
        },
      },
    ],
    rule: "deployment-protection" as RuleId,
    terms: { by: terms.by, count: terms.count, reason: terms.reason },
    preview: {
      method: "POST",
      authority: new URL(callback).host,
      path: new URL(callback).pathname,
      contentType: "application/json",
      bytes: 0,
      cut: false,
      findings: [],
    },
    within,
  };
}

// The signature covers the address, but the secret may leak; even so decisions, and our token, go to GitHub alone.
function callsBack(
  { deployment_callback_url: callback, repository }: Requested,
  apiUrl: string,
): boolean {
  const prefix = `${apiUrl.replace(/\/$/, "")}/repos/${repository.full_name}/actions/runs/`;
  return (
    callback.startsWith(prefix) &&
    /^\d+\/deployment_protection_rule$/.test(callback.slice(prefix.length))
  );
}
