import { z } from "zod";
import { duration } from "../yaml/quantity.ts";
import { host, name } from "./name.ts";
import { fileReference, secretReference } from "./reference.ts";
import { trustedUrl, webUrl } from "./url.ts";

const person = z
  .string()
  .max(300)
  .regex(/^(group:.+|[^:]+:.+)$/, "must be group:NAME or a principal id, ISSUER:SUBJECT");
const principal = z
  .string()
  .max(300)
  .regex(/^(?!group:)[^:]+:.+$/, "must be a principal id, ISSUER:SUBJECT");

/** Who outside is told of approvals, and who may answer from there (`approvals.notify` in the config file). */
export function notify(folder: string) {
  const secret = secretReference(folder);
  /** CloudEvents, signed as Standard Webhooks has it. Several secrets: one is being replaced by another. */
  const webhook = z.strictObject({ name, url: webUrl, secrets: z.array(secret).min(1).max(4) });
  /** Buttons in Slack, for these rules alone: Slack's word for who pressed them counts as the person's own. */
  const buttons = z.strictObject({
    signingSecret: secret,
    rules: z.array(z.string().min(1)).min(1),
    people: z
      .array(
        z.strictObject({
          /** Team and user, as Slack numbers them: `T0123/U0456`. */
          slack: z.string().regex(/^[TE][A-Z0-9]+\/[UW][A-Z0-9]+$/, "must be TEAM/USER"),
          principal,
          groups: z.array(z.string().min(1)).default([]),
          /** Logins by which the same person asks for things: nobody approves their own. */
          aliases: z.array(z.string().min(1)).default([]),
        }),
      )
      .min(1),
  });
  /** An incoming webhook of Slack's; its URL is a secret. */
  const slack = z.strictObject({ name, url: secret, buttons: buttons.exactOptional() });
  /** Answers the deployment protection rule of a GitHub App, whose webhooks go to `/hooks/github`. */
  const github = z.strictObject({
    secret,
    app: z.strictObject({
      appId: z.string().regex(/^[0-9]{1,20}$/, "must be the number, in quotes"),
      key: secret,
      api: trustedUrl.prefault("https://api.github.com"),
      apiCa: fileReference(folder).exactOptional(),
    }),
    environments: z
      .array(
        z.strictObject({
          /** `owner/name`, or `owner/*` for all of an owner's. */
          repository: z.string().regex(/^[\w.-]+\/([\w.-]+|\*)$/, "must be owner/name or owner/*"),
          environment: z.string().min(1),
          by: z.array(person).min(1).max(50),
          count: z.int().min(1).max(10).default(1),
          reason: z.enum(["required", "optional"]).default("optional"),
          within: duration.prefault("24h"),
        }),
      )
      .min(1),
  });
  return z.strictObject({
    /** Hosts that may be on a private network, and speak plain http; all others must be public and https. */
    privateHosts: z.array(host).default([]),
    webhooks: z.array(webhook).default([]),
    slack: z.array(slack).default([]),
    github: github.exactOptional(),
  });
}
