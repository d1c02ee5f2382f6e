import type { ApiMount } from "../api/api.ts";
import { githubDeployments } from "../api/github-deployments.ts";
import { slackActions } from "../api/slack-actions.ts";
import { post } from "../approvals/notify/post-client.ts";
import { isNonEmpty } from "../base/non-empty.ts";
import type { Config } from "../config/schema.ts";
import type { House } from "./house.ts";

type Notify = Config["approvals"]["notify"];

/** `/hooks/slack` and `/hooks/github`, where the config asks for them. */
export function hookMounts(house: House): readonly ApiMount[] {
  const { config, hooks, approvals, approvalStore: store, audit } = house;
  const { clock, fault } = house.parts;
  const { notify } = config.approvals;
  const mounts: ApiMount[] = [];
  if (hooks.slack.length > 0)
    mounts.push({
      path: "/hooks/slack",
      app: slackActions({
        approvals,
        clock,
        apps: hooks.slack,
        record: (by, verdict, id) => {
          const detail = `about to ${verdict}, by a button in Slack`;
          return audit.act({
            action: "approval.word",
            actor: by,
            subject: id,
            outcome: "success",
            detail,
          });
        },
        reply: (address, text) => {
          void answer(address, text, notify).catch((error: unknown) => fault("slack", error));
        },
      }),
    });
  const { github } = notify;
  if (github !== undefined && hooks.github !== undefined)
    mounts.push({
      path: "/hooks/github",
      app: githubDeployments({
        store,
        clock,
        secret: hooks.github,
        apiUrl: github.app.api.href,
        terms: (repository, environment) => termsOf(github, repository, environment),
        record: (by, id) =>
          audit.act({ action: "approval.ask", actor: by, subject: id, outcome: "success" }),
      }),
    });
  return mounts;
}

/** Slack gives the address along with what it signed; even so it is asked to be Slack's, or a host that is named. */
async function answer(address: string, text: string, { privateHosts }: Notify): Promise<void> {
  const url = new URL(address);
  if (url.hostname !== "hooks.slack.com" && !privateHosts.includes(url.hostname))
    throw new Error("Slack gave an address that is not Slack's");
  const body = JSON.stringify({ response_type: "ephemeral", replace_original: false, text });
  const headers = { "content-type": "application/json; charset=utf-8" };
  await post(url, headers, body, { privateHosts });
}

function termsOf(
  { environments }: NonNullable<Notify["github"]>,
  repository: string,
  environment: string,
): ReturnType<Parameters<typeof githubDeployments>[0]["terms"]> {
  const [owner = ""] = repository.toLowerCase().split("/");
  const found = environments.find((one) => {
    const name = one.repository.toLowerCase();
    const fits = name === repository.toLowerCase() || name === `${owner}/*`;
    return fits && one.environment === environment;
  });
  if (found === undefined || !isNonEmpty(found.by)) return undefined;
  const { by, count, reason, within } = found;
  return { terms: { by, count, reason }, within };
}
