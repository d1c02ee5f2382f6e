import type { Secret } from "../../base/secret.ts";
import type { RecordId } from "../../core/ids.ts";
import type { Approval } from "../approval.ts";
import type { Notice } from "../outbox.ts";
import type { ApprovalStore } from "../store.ts";
import { type PostOptions, post } from "./post-client.ts";
import { type Delivery, deliveryOf, done, type Sink } from "./sink.ts";

/** The name of the operation that a GitHub deployment protection rule asks for. */
export const deploymentRelease = "deployment.release";

export interface GithubDeploymentOptions extends PostOptions {
  readonly store: ApprovalStore;
  /** A token of the GitHub App's installation with that id, that may write deployments. */
  readonly token: (installation: string) => Promise<Secret>;
  readonly consoleUrl: string;
}

/** Tells GitHub of decisions on deployments, so that the waiting job goes on or fails. */
export function githubDeploymentSink(options: GithubDeploymentOptions): Sink {
  return {
    name: "github-deployment",
    async deliver(notice, approval) {
      const [{ name, attributes }] = approval.ask.operations;
      const verdict = verdictOf(notice);
      if (name !== deploymentRelease || verdict === undefined) return done;
      const { callback, environment, installation } = attributes;
      if (typeof callback !== "string" || typeof installation !== "string")
        return { kind: "never", why: "the deployment cannot be answered" };
      const link = new URL(`approvals/${notice.id}`, options.consoleUrl).href;
      const answer = { environment_name: environment, state: verdict, comment: link };
      const token = await options.token(installation);
      const { status, after } = await post(
        new URL(callback),
        {
          accept: "application/vnd.github+json",
          authorization: `Bearer ${token.reveal()}`,
          "content-type": "application/json",
          "user-agent": "sallyport",
          "x-github-api-version": "2022-11-28",
        },
        JSON.stringify(answer),
        options,
      );
      return settle(options.store, approval, verdict, deliveryOf(status, after));
    },
  };
}

// An approval that GitHub has taken is used up; left open it would expire, and GitHub would be told so.
async function settle(
  store: ApprovalStore,
  { ask }: Approval,
  verdict: "approved" | "rejected",
  delivery: Delivery,
): Promise<Delivery> {
  if (delivery.kind === "done" && verdict === "approved")
    await store.consume([ask.id], "github-deployment" as RecordId);
  return delivery;
}

function verdictOf({ state }: Notice): "approved" | "rejected" | undefined {
  if (state === "approved") return "approved";
  return state === "denied" || state === "expired" || state === "cancelled"
    ? "rejected"
    : undefined;
}
