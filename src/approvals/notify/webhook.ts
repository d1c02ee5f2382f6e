import type { Clock } from "../../base/clock.ts";
import type { Approval } from "../approval.ts";
import type { Notice } from "../outbox.ts";
import { type PostOptions, post } from "./post-client.ts";
import { deliveryOf, type Sink } from "./sink.ts";
import { type Signer, webhookHeaders } from "./standard-webhook.ts";

export interface WebhookOptions extends PostOptions {
  readonly name: string;
  readonly url: URL;
  readonly signers: readonly Signer[];
  readonly clock: Clock;
  /** Where people see an approval. */
  readonly consoleUrl: string;
  /** Who tells: the `source` of the events, a URI. */
  readonly source: string;
}

/** Tells a receiver by CloudEvents 1.0 in JSON, signed as Standard Webhooks. Its id is the same at every retry. */
export function webhookSink(options: WebhookOptions): Sink {
  const { name, url, signers, clock } = options;
  return {
    name,
    async deliver(notice, approval) {
      const body = JSON.stringify(cloudEvent(notice, approval, options));
      const headers = {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "user-agent": "sallyport",
        ...webhookHeaders(eventId(notice), clock.now(), body, signers),
      };
      const { status, after } = await post(url, headers, body, options);
      return deliveryOf(status, after);
    },
  };
}

function eventId({ id, state }: Notice): string {
  return `${id}.${state}`;
}

function cloudEvent(
  notice: Notice,
  { ask, standing }: Approval,
  { source, consoleUrl }: Pick<WebhookOptions, "source" | "consoleUrl">,
) {
  const pending = notice.state === "pending";
  return {
    specversion: "1.0",
    id: eventId(notice),
    source,
    type: `dev.sallyport.approval.${notice.state}`,
    subject: notice.id,
    time: new Date(
      pending ? standing.askedAt : (standing.settledAt ?? standing.expiresAt),
    ).toISOString(),
    datacontenttype: "application/json",
    data: {
      id: notice.id,
      state: notice.state,
      rule: ask.rule,
      operations: [...new Set(ask.operations.map(({ name }) => name))],
      expiresAt: new Date(standing.expiresAt).toISOString(),
      url: new URL(`approvals/${notice.id}`, consoleUrl).href,
    },
  };
}
