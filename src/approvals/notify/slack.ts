import type { Secret } from "../../base/secret.ts";
import type { Approval } from "../approval.ts";
import type { Notice } from "../outbox.ts";
import { type PostOptions, post } from "./post-client.ts";
import { deliveryOf, done, type Sink } from "./sink.ts";

export interface SlackOptions extends PostOptions {
  readonly name: string;
  /** An incoming webhook's URL: whoever has it can post, hence a secret. */
  readonly url: Secret;
  readonly consoleUrl: string;
  /** Rules on whose approvals people may decide in Slack itself; none where absent. */
  readonly buttons?: readonly string[];
}

/** What a button of ours is called, and what it says. */
export const slackButtons = { approve: "sallyport.approve", deny: "sallyport.deny" } as const;

/** Tells a Slack channel of what waits and of how it ended, with a link; buttons only where the rule is named. */
export function slackSink(options: SlackOptions): Sink {
  return {
    name: options.name,
    async deliver(notice, approval) {
      // That a request went through is of no interest in a channel.
      if (notice.state === "consumed" || notice.state === "cancelled") return done;
      const body = JSON.stringify(slackMessage(notice, approval, options));
      const headers = { "content-type": "application/json; charset=utf-8" };
      const { status, after } = await post(new URL(options.url.reveal()), headers, body, options);
      return status === 404
        ? { kind: "never", why: "the channel is gone" }
        : deliveryOf(status, after);
    },
  };
}

/** A Block Kit message. Names are in plain text objects, in which Slack reads no markup. */
export function slackMessage(
  notice: Notice,
  { ask, standing }: Approval,
  { consoleUrl, buttons = [] }: Pick<SlackOptions, "consoleUrl" | "buttons">,
) {
  const url = new URL(`approvals/${notice.id}`, consoleUrl).href;
  const names = [...new Set(ask.operations.map(({ name }) => name))].join(", ");
  const text =
    notice.state === "pending"
      ? `Approval wanted: ${names} (rule ${ask.rule}), until ${new Date(standing.expiresAt).toISOString()}`
      : `${names} (rule ${ask.rule}) was ${notice.state}`;
  const button = {
    type: "button",
    text: { type: "plain_text", text: notice.state === "pending" ? "Review" : "Show" },
    url,
    ...(notice.state === "pending" ? { style: "primary" } : {}),
  };
  const decidable =
    notice.state === "pending" && buttons.includes(ask.rule) && ask.terms.reason === "optional";
  return {
    // What notifications show; here markup is read.
    text: text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
    blocks: [
      { type: "section", text: { type: "plain_text", text, emoji: false } },
      { type: "context", elements: [{ type: "plain_text", text: notice.id, emoji: false }] },
      { type: "actions", elements: decidable ? [button, ...decide(notice)] : [button] },
    ],
  };
}

// A reason cannot be given in Slack, so that a rule that wants one has no buttons.
function decide({ id }: Notice) {
  const button = (verdict: "approve" | "deny", text: string) => ({
    type: "button",
    action_id: slackButtons[verdict],
    text: { type: "plain_text", text },
    value: id,
    ...(verdict === "deny" ? { style: "danger" } : {}),
  });
  return [button("approve", "Approve"), button("deny", "Deny")];
}
