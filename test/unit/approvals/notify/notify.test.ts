import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEmbeddedStore } from "../../../../src/approvals/embedded.ts";
import {
  type CourierOptions,
  deliverDue,
  startCourier,
} from "../../../../src/approvals/notify/courier.ts";
import type { Sink } from "../../../../src/approvals/notify/sink.ts";
import { slackMessage, slackSink } from "../../../../src/approvals/notify/slack.ts";
import { readSigner, type Signer } from "../../../../src/approvals/notify/standard-webhook.ts";
import { webhookSink } from "../../../../src/approvals/notify/webhook.ts";
import type { ApprovalStore } from "../../../../src/approvals/store.ts";
import { systemClock } from "../../../../src/base/clock.ts";
import { Secret } from "../../../../src/base/secret.ts";
import { anAsk, deny, ManualClock, record } from "../../../contract/approvals/scene.ts";
import { type Folder, temporaryFolder } from "../../../support/folder.ts";
import { openReceiver, type Receiver } from "./receiver.ts";

const hookSecret = `whsec_${Buffer.from("a test secret of 32 bytes, ok???").toString("base64")}`;
const consoleUrl = "https://sallyport.example/";
const local = { privateHosts: ["127.0.0.1"] };

function signer(secret: string): Signer {
  const read = readSigner(new Secret(secret));
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

describe("telling others", () => {
  let folder: Folder;
  let clock: ManualClock;
  let store: ApprovalStore;
  let receiver: Receiver;
  let statuses: number[];
  let problems: string[];
  beforeEach(async () => {
    folder = await temporaryFolder();
    clock = new ManualClock();
    store = await openEmbeddedStore({
      dir: folder.path,
      clock,
      sinks: ["hook", "chat"],
    });
    statuses = [];
    problems = [];
    receiver = await openReceiver((nth) => ({ status: statuses[nth - 1] ?? 204 }));
  });
  afterEach(async () => {
    receiver.close();
    await store.close();
    await folder.remove();
  });

  const options = (...sinks: Sink[]): CourierOptions => ({
    store,
    clock,
    sinks,
    random: () => 0.5,
    onProblem: (sink, why, givenUp) =>
      problems.push(`${sink}: ${why}${givenUp ? ", given up" : ""}`),
  });
  const nobody = (name: string): Sink => ({ name, deliver: async () => ({ kind: "done" }) });
  const hook = (signers = [signer(hookSecret)]) =>
    webhookSink({
      name: "hook",
      url: new URL(`${receiver.url}/hook`),
      signers,
      clock: systemClock,
      consoleUrl,
      source: "https://sallyport.example",
      ...local,
    });

  test("a webhook carries a CloudEvent that the Standard Webhooks library accepts, and no content", async () => {
    const ask = anAsk();
    await store.open(ask, record());
    await deliverDue(options(hook(), nobody("chat")));
    const [one] = receiver.received;
    const event = new Webhook(hookSecret).verify(one!.body, one!.headers as Record<string, string>);
    expect(event).toEqual({
      specversion: "1.0",
      id: `${ask.id}.pending`,
      source: "https://sallyport.example",
      type: "dev.sallyport.approval.pending",
      subject: ask.id,
      time: "2026-01-01T00:00:00.000Z",
      datacontenttype: "application/json",
      data: {
        id: ask.id,
        state: "pending",
        rule: "new-repositories-need-a-person",
        operations: ["repository.create"],
        expiresAt: "2026-01-01T00:15:00.000Z",
        url: `https://sallyport.example/approvals/${ask.id}`,
      },
    });
    const tampered = one!.body.replace("pending", "granted");
    expect(() => new Webhook(hookSecret).verify(tampered, one!.headers as never)).toThrow();
    expect(one!.body.length).toBeLessThan(20_000);
  });

  test("signs with several keys while keys are changed, Ed25519 among them", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);
    await store.open(anAsk(), record());
    const both = hook([signer(hookSecret), signer(`whsk_${seed.toString("base64")}`)]);
    await deliverDue(options(both, nobody("chat")));
    const { headers, body } = receiver.received[0]!;
    const [v1, v1a] = `${headers["webhook-signature"]}`.split(" ");
    expect(v1).toMatch(/^v1,/);
    const content = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
    const signature = Buffer.from(v1a!.replace("v1a,", ""), "base64");
    expect(
      verify(
        null,
        content,
        createPublicKey(publicKey.export({ format: "pem", type: "spki" })),
        signature,
      ),
    ).toBe(true);
  });

  test.each(["", "whsec_", "whsec_c2hvcnQ=", "secret", "whsk_AAAA"])(
    "takes no key like %j",
    (text) => {
      expect(readSigner(new Secret(text)).ok).toBe(false);
    },
  );

  test("tries again with growing waits and the same id, also after a restart, until it is taken", async () => {
    statuses = [500, 302, 429];
    await store.open(anAsk(), record());
    const sinks = [hook(), nobody("chat")];
    await deliverDue(options(...sinks));
    await deliverDue(options(...sinks));
    expect(receiver.received).toHaveLength(1);
    clock.advance(5000);
    await deliverDue(options(...sinks));
    await store.close();
    store = await openEmbeddedStore({ dir: folder.path, clock, sinks: ["hook"] });
    clock.advance(30_000);
    await deliverDue(options(...sinks));
    clock.advance(120_000);
    await deliverDue(options(...sinks));
    clock.advance(86_400_000);
    await deliverDue(options(...sinks));
    expect(receiver.received).toHaveLength(4);
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(problems).toEqual([
      "hook: it answered 500",
      "hook: it answered 302",
      "hook: it answered 429",
    ]);
  });

  test("gives up on a receiver that is gone, and on one that never answers well", async () => {
    statuses = [410];
    await store.open(anAsk(), record());
    const sinks = [hook(), nobody("chat")];
    await deliverDue(options(...sinks));
    expect(problems).toEqual(["hook: it answered 410, given up"]);
    statuses = Array.from({ length: 40 }, () => 500);
    await store.open(anAsk(), record());
    for (let i = 0; i < 20; i++) {
      await deliverDue(options(...sinks));
      clock.advance(2 * 86_400_000);
    }
    expect(problems.at(-1)).toBe("hook: it answered 500, given up");
    expect(receiver.received).toHaveLength(12);
  });

  test("delivers as soon as something changes", async () => {
    const stop = startCourier({
      ...options(hook(), nobody("chat")),
      clock: systemClock,
    });
    const ask = anAsk();
    const first = receiver.arrival();
    await store.open(ask, record());
    expect(JSON.parse((await first).body)).toMatchObject({ data: { state: "pending" } });
    const second = receiver.arrival();
    await store.apply(ask.id, deny("ann"));
    expect(JSON.parse((await second).body)).toMatchObject({ data: { state: "denied" } });
    stop();
  });

  test("Slack gets a link and names that it does not read as markup", async () => {
    const ask = anAsk({ rule: "<!channel> & co" as never });
    const { approval } = await store.open(ask, record());
    const notice = { sink: "chat", id: ask.id, state: "pending", attempts: 0 } as const;
    const message = slackMessage(notice, approval, { consoleUrl });
    expect(message.text).toContain("&lt;!channel&gt; &amp; co");
    expect(JSON.stringify(message.blocks)).not.toContain("mrkdwn");
    expect(message.blocks).toMatchObject([
      {},
      {},
      { elements: [{ url: `https://sallyport.example/approvals/${ask.id}` }] },
    ]);
    const slack = slackSink({
      name: "chat",
      url: new Secret(`${receiver.url}/services/x`),
      consoleUrl,
      ...local,
    });
    expect(await slack.deliver(notice, approval)).toEqual({ kind: "done" });
    expect(JSON.parse(receiver.received[0]!.body)).toEqual(message);
  });
});
