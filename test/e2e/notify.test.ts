import { createHmac, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { askForRepository } from "../support/parked-request.ts";
import { type ServeStack, startServeStack } from "../support/serve-stack.ts";
import { openReceiver, type Receiver } from "../unit/approvals/notify/receiver.ts";

/** Whoever waits is told, from the config file to the receiver: signed, after a crash too, and nobody inside. */
const hookKey = `whsec_${Buffer.from("a test secret of 32 bytes, ok???").toString("base64")}`;
const [githubSecret, slackSecret] = ["the App's webhook secret", "Slack's signing secret"];
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

const appToken = `${"gh"}s_token-of-the-installation`;

const policy = `rules:
  - id: new-repositories-wait
    when: { operation: repository.create }
    then: [ { approve: { by: "group:maintainers", hold: 1m, within: 5m } }, { inject: {} } ]
otherwise: [ { deny: { reason: "No." } } ]
`;

let receiver: Receiver;
let stack: ServeStack;
let status = 500;

beforeAll(async () => {
  const token = JSON.stringify({ token: appToken, expires_at: "2099-01-01T00:00:00Z" });
  receiver = await openReceiver((_, path) =>
    path.endsWith("/access_tokens") ? { status: 201, body: token } : { status },
  );
  const inside = new URL(receiver.url);
  stack = await startServeStack({
    policy,
    env: {
      HOOK: hookKey,
      SLACK_URL: `${receiver.url}/slack`,
      SLACK_SIGNING: slackSecret,
      GITHUB_SECRET: githubSecret,
      GITHUB_KEY: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    },
    config: {
      approvals: {
        notify: {
          privateHosts: [inside.hostname],
          webhooks: [
            { name: "hook", url: `${receiver.url}/hook`, secrets: ["env:HOOK"] },
            // The same machine by another name, which nobody has allowed.
            {
              name: "inside",
              url: `https://localhost:${inside.port}/inside`,
              secrets: ["env:HOOK"],
            },
          ],
          slack: [
            {
              name: "chat",
              url: "env:SLACK_URL",
              buttons: {
                signingSecret: "env:SLACK_SIGNING",
                rules: ["new-repositories-wait"],
                people: [{ slack: "T1/U1", principal: "people:alice", groups: ["maintainers"] }],
              },
            },
          ],
          github: {
            secret: "env:GITHUB_SECRET",
            app: { appId: "1", key: "env:GITHUB_KEY", api: receiver.url },
            environments: [
              { repository: "acme/*", environment: "production", by: ["group:maintainers"] },
            ],
          },
        },
      },
    },
  });
});
afterAll(async () => {
  await stack?.stop();
  receiver?.close();
});

const to = (path: string) => receiver.received.filter((one) => one.path === path);
const waited = { timeout: 20_000, interval: 50 };

test("a webhook that failed before a crash is delivered after it, signed, with the same id and no content", async () => {
  const client = await askForRepository(stack, "unheard-of-name");
  await expect.poll(() => to("/hook").length, waited).toBe(1);
  await stack.kill();
  status = 204;
  await stack.start();
  await expect.poll(() => to("/hook").length, waited).toBeGreaterThan(1);
  const [first, second] = to("/hook");
  const event = new Webhook(hookKey).verify(
    second?.body ?? "",
    second?.headers as Record<string, string>,
  ) as { readonly type: string; readonly data: { readonly url: string } };
  expect(event.type).toBe("dev.sallyport.approval.pending");
  expect(event.data.url).toMatch(new RegExp(`^${stack.proxy}/approvals/apr_`));
  expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
  expect(JSON.stringify(receiver.received)).not.toContain("unheard-of-name");
  client.abort();
});

test("nothing is sent to a private address that the config does not name", async () => {
  await expect.poll(() => stack.stderr(), waited).toContain("it is not a public address");
  expect(to("/inside")).toEqual([]);
});

test("a button that Slack signed is the word of the person behind it, through Envoy", async () => {
  const client = await askForRepository(stack, "from-slack");
  const alice = stack.person("alice", ["maintainers"]);
  const newest = async () =>
    JSON.parse((await alice("/api/v1/approvals?state=pending")).text).approvals[0];
  await expect.poll(async () => (await newest())?.request.body, waited).toContain("from-slack");
  const { id } = await newest();
  const message = () => to("/slack").find(({ body }) => body.includes(id));
  await expect.poll(message, waited).toBeDefined();
  const [, approve] = JSON.parse(message()?.body ?? "{}").blocks.at(-1).elements;
  const payload = JSON.stringify({
    type: "block_actions",
    team: { id: "T1" },
    user: { id: "U1" },
    response_url: `${receiver.url}/reply`,
    actions: [{ action_id: approve.action_id, value: approve.value }],
  });
  const body = new URLSearchParams({ payload }).toString();
  const timestamp = `${Math.floor(Date.now() / 1000)}`;
  const sign = (secret: string) =>
    `v0=${createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex")}`;
  const press = (signature: string) =>
    post("/hooks/slack", body, {
      "content-type": "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": timestamp,
      "x-slack-signature": signature,
    });
  expect(await press(sign("another secret"))).toBe(401);
  expect(await press(sign(slackSecret))).toBe(200);
  expect(await client.status()).toBe(201);
  await expect.poll(() => to("/reply")[0]?.body, waited).toContain("Taken down as your word");
});

test("a deployment that GitHub asks about waits for a person, and GitHub is told what they said", async () => {
  const event = {
    action: "requested",
    environment: "production",
    deployment_callback_url: `${receiver.url}/repos/acme/app/actions/runs/77/deployment_protection_rule`,
    deployment: { sha: "0".repeat(40), ref: "main", creator: { login: "mona", id: 7 } },
    repository: { full_name: "acme/app" },
    installation: { id: 5 },
    sender: { login: "mona", id: 7 },
  };
  const body = JSON.stringify(event);
  const signature = createHmac("sha256", githubSecret).update(body).digest("hex");
  const headers = {
    "content-type": "application/json",
    "x-github-event": "deployment_protection_rule",
    "x-hub-signature-256": `sha256=${signature}`,
  };
  expect(await post("/hooks/github", body, headers)).toBe(202);
  const alice = stack.person("alice", ["maintainers"]);
  const listed = JSON.parse((await alice("/api/v1/approvals?state=pending")).text).approvals;
  const found = listed.find(
    ({ rule }: { readonly rule: string }) => rule === "deployment-protection",
  );
  const said = await alice(`/api/v1/approvals/${found.id}/approve`, { reason: "Released." });
  expect(said.status).toBe(200);
  const callback = new URL(event.deployment_callback_url).pathname;
  await expect.poll(() => to(callback).length, waited).toBe(1);
  expect(to("/app/installations/5/access_tokens")[0]?.body).toBe(
    JSON.stringify({ permissions: { deployments: "write" } }),
  );
  expect(to(callback)[0]?.headers.authorization).toBe(`Bearer ${appToken}`);
  expect(JSON.parse(to(callback)[0]?.body ?? "{}")).toMatchObject({
    environment_name: "production",
    state: "approved",
  });
});

async function post(
  path: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const ca = readFileSync(stack.ca, "utf8");
  return (await ask(stack.proxy + path, { method: "POST", body, headers, ca })).status;
}
