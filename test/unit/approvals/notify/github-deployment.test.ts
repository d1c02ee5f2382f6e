import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { githubDeployments } from "../../../../src/api/github-deployments.ts";
import { approverOf } from "../../../../src/approvals/approver.ts";
import { openEmbeddedStore } from "../../../../src/approvals/embedded.ts";
import { type CourierOptions, deliverDue } from "../../../../src/approvals/notify/courier.ts";
import { githubDeploymentSink } from "../../../../src/approvals/notify/github-deployment.ts";
import type { ApprovalStore } from "../../../../src/approvals/store.ts";
import { Secret } from "../../../../src/base/secret.ts";
import type { ApprovalId } from "../../../../src/core/ids.ts";
import { approve, deny, ManualClock, terms } from "../../../contract/approvals/scene.ts";
import { type Folder, temporaryFolder } from "../../../support/folder.ts";
import { someone } from "../house.ts";
import { openReceiver, type Receiver } from "./receiver.ts";

describe("a GitHub deployment", () => {
  let folder: Folder;
  let clock: ManualClock;
  let store: ApprovalStore;
  let receiver: Receiver;
  beforeEach(async () => {
    folder = await temporaryFolder();
    clock = new ManualClock();
    store = await openEmbeddedStore({ dir: folder.path, clock, sinks: ["github-deployment"] });
    receiver = await openReceiver(() => ({ status: 204 }));
  });
  afterEach(async () => {
    receiver.close();
    await store.close();
    await folder.remove();
  });
  const options = (...sinks: CourierOptions["sinks"]): CourierOptions => ({
    store,
    clock,
    sinks,
    onProblem: (sink, why) => expect.fail(`${sink}: ${why}`),
  });
  const webhookSecret = new Secret("deployment secret");
  const event = (change: object = {}) => ({
    action: "requested",
    environment: "production",
    deployment_callback_url: `${receiver.url}/repos/acme/app/actions/runs/77/deployment_protection_rule`,
    deployment: { sha: "0".repeat(40), ref: "main", creator: { login: "rita", id: 7 } },
    repository: { full_name: "acme/app" },
    installation: { id: 5 },
    sender: { login: "Rita", id: 7 },
    ...change,
  });
  const send = (payload: object, signature?: string) => {
    const body = JSON.stringify(payload);
    const right = `sha256=${createHmac("sha256", webhookSecret.reveal()).update(body).digest("hex")}`;
    return githubDeployments({
      store,
      clock,
      secret: webhookSecret,
      apiUrl: receiver.url,
      terms: (_, environment) =>
        environment === "production" ? { terms, within: 900_000 } : undefined,
    }).request("/", {
      method: "POST",
      body,
      headers: {
        "x-github-event": "deployment_protection_rule",
        "x-hub-signature-256": signature ?? right,
      },
    });
  };
  const sinks = () => [
    githubDeploymentSink({
      store,
      token: async (installation) => new Secret(`token of ${installation}`),
      consoleUrl: "https://sallyport.example/",
      privateHosts: ["127.0.0.1"],
    }),
  ];

  test.each([
    ["approved", "approved"],
    ["denied", "rejected"],
    ["expired", "rejected"],
  ])("waits for a person: %s is told as %s", async (state, verdict) => {
    const answer = await send(event());
    expect(answer.status).toBe(202);
    const { approval: id } = (await answer.json()) as { approval: ApprovalId };
    expect((await (await send(event())).json()) as object).toEqual({ approval: id });
    await deliverDue(options(...sinks()));
    expect(receiver.received).toHaveLength(0);
    expect(
      await store.apply(id, { ...approve("ann"), by: approverOf(someone("rita")) }),
    ).toMatchObject({ error: "requester" });
    if (state === "approved") await store.apply(id, approve("ann"));
    if (state === "denied") await store.apply(id, deny("ann"));
    clock.advance(state === "expired" ? 900_000 : 0);
    await store.sweep();
    await deliverDue(options(...sinks()));
    const [told] = receiver.received;
    expect(told?.path).toBe("/repos/acme/app/actions/runs/77/deployment_protection_rule");
    expect(told?.headers.authorization).toBe("Bearer token of 5");
    expect(JSON.parse(told!.body)).toMatchObject({
      environment_name: "production",
      state: verdict,
    });
    clock.advance(86_400_000);
    await store.sweep();
    await deliverDue(options(...sinks()));
    expect(receiver.received).toHaveLength(1);
  });

  test.each([
    ["a wrong signature", {}, `sha256=${"0".repeat(64)}`, 401],
    ["no signature", {}, "", 401],
    [
      "a callback to somebody else",
      {
        deployment_callback_url:
          "https://evil.example/repos/acme/app/actions/runs/77/deployment_protection_rule",
      },
      undefined,
      422,
    ],
    ["an event without its parts", { environment: undefined }, undefined, 422],
    ["an environment that is not ours", { environment: "staging" }, undefined, 204],
  ])("takes no %s", async (_, change, signature, status) => {
    expect((await send(event(change), signature)).status).toBe(status);
    expect(await store.pending()).toEqual({ count: 0 });
  });
});
