import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { slackActions } from "../../../src/api/slack-actions.ts";
import { slackButtons } from "../../../src/approvals/notify/slack.ts";
import { Secret } from "../../../src/base/secret.ts";
import type { ApprovalId } from "../../../src/core/ids.ts";
import { person } from "../../contract/approvals/scene.ts";
import { openHouse, someFacts, someone } from "../approvals/house.ts";

const secret = "the app's signing secret";

describe("buttons in Slack", () => {
  let house: Awaited<ReturnType<typeof openHouse>>;
  let replies: string[];
  let records: string[];
  beforeEach(async () => {
    house = await openHouse();
    replies = [];
    records = [];
  });
  afterEach(() => house.end());

  const press = async (
    id: string,
    change: {
      readonly user?: string;
      readonly action?: string;
      readonly secret?: string;
      readonly age?: number;
      readonly rules?: readonly string[];
    } = {},
  ): Promise<number> => {
    const app = slackActions({
      approvals: house.approvals,
      clock: house.clock,
      apps: [
        {
          signingSecret: new Secret(secret),
          rules: change.rules ?? ["new-repositories-need-a-person"],
          people: new Map([
            ["T1/U1", person("ann")],
            ["T1/U2", person("rita")],
          ]),
        },
      ],
      reply: (address, text) => replies.push(`${address} ${text}`),
      record: async (by, verdict) => void records.push(`${by} ${verdict}`),
    });
    const payload = JSON.stringify({
      type: "block_actions",
      team: { id: "T1" },
      user: { id: change.user ?? "U1" },
      response_url: "https://hooks.slack.com/actions/x",
      actions: [{ action_id: change.action ?? slackButtons.approve, value: id }],
    });
    const body = new URLSearchParams({ payload }).toString();
    const timestamp = `${Math.floor(house.clock.now() / 1000) - (change.age ?? 0)}`;
    const signature = createHmac("sha256", change.secret ?? secret)
      .update(`v0:${timestamp}:${body}`)
      .digest("hex");
    const answer = await app.request("/", {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": `v0=${signature}`,
      },
      body,
    });
    return answer.status;
  };
  const stateOf = async (id: ApprovalId) => (await house.store.get(id))?.standing.state;
  const pending = async (body = "{}") =>
    (await house.park(someFacts({ principal: someone("rita", { groups: [] }), body }))).approval;

  test("count as the word of whom the config says the Slack user is", async () => {
    const id = await pending();
    expect(await press(id)).toBe(200);
    expect(await stateOf(id)).toBe("approved");
    expect((await house.store.get(id))?.standing.says).toMatchObject([{ by: "idp:ann" }]);
    expect(records).toEqual(["idp:ann approve"]);
    expect(replies).toEqual([
      "https://hooks.slack.com/actions/x Taken down as your word. The request is now approved.",
    ]);
    const another = await pending("another");
    expect(await press(another, { action: slackButtons.deny })).toBe(200);
    expect(await stateOf(another)).toBe("denied");
  });

  test.each([
    ["another secret", { secret: "guessed" }, 401],
    ["a request of six minutes ago", { age: 360 }, 401],
    ["a request from the future", { age: -360 }, 401],
    ["a Slack user whom nobody has named", { user: "U9" }, 200],
    ["the requester themself", { user: "U2" }, 200],
    ["a rule that is not to be decided in Slack", { rules: ["another"] }, 200],
    ["a button that is not ours", { action: "open_link" }, 200],
  ])("do not count with %s", async (_, change, status) => {
    const id = await pending();
    expect(await press(id, change)).toBe(status);
    expect(await stateOf(id)).toBe("pending");
  });
});
