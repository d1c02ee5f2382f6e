import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import type { Approvals } from "../approvals/approvals.ts";
import type { Approver } from "../approvals/approver.ts";
import { slackButtons } from "../approvals/notify/slack.ts";
import type { Clock } from "../base/clock.ts";
import { parsedJson } from "../base/json.ts";
import type { Secret } from "../base/secret.ts";
import { parseApprovalId } from "../core/ids.ts";
import { problemOf } from "./objection.ts";
import { problem } from "./problem.ts";
import { isSignature } from "./webhook-signature.ts";

/** One Slack app whose buttons count. */
export interface SlackApp {
  readonly signingSecret: Secret;
  /** Rules on whose approvals its people may decide. */
  readonly rules: readonly string[];
  /** Who a Slack user is here, by `TEAM/USER`. */
  readonly people: ReadonlyMap<string, Approver>;
}

export interface SlackActionParts {
  readonly approvals: Pick<Approvals, "get" | "say">;
  readonly clock: Clock;
  readonly apps: readonly SlackApp[];
  /** Tells whoever pressed a button what came of it, at the address that Slack gave for that. */
  readonly reply: (address: string, text: string) => void;
  /** Writes down durably that this person is about to say this; rejects where that cannot be. */
  readonly record: (by: string, verdict: "approve" | "deny", id: string) => Promise<void>;
}

const pressed = z.object({
  type: z.literal("block_actions"),
  team: z.object({ id: z.string() }).nullish(),
  enterprise: z.object({ id: z.string() }).nullish(),
  user: z.object({ id: z.string(), team_id: z.string().optional() }),
  response_url: z.url(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().optional() })).min(1),
});

type Pressed = z.output<typeof pressed>;

/** Slack's own limit on how old a signed request may be, in seconds. */
const oldest = 300;

/** Takes what people press in Slack (`/hooks/slack`): signed by Slack, by known people, for the rules that allow it. */
export function slackActions(parts: SlackActionParts): Hono {
  const app = new Hono();
  app.post("/", bodyLimit({ maxSize: 256 * 1024 }), async (c) => {
    const body = await c.req.text();
    const timestamp = c.req.header("x-slack-request-timestamp") ?? "";
    const signature = c.req.header("x-slack-signature") ?? "";
    const age = Math.abs(parts.clock.now() / 1000 - Number(timestamp));
    const signed = parts.apps.find(({ signingSecret }) =>
      isSignature(signature, "v0=", `v0:${timestamp}:${body}`, signingSecret),
    );
    if (signed === undefined || !/^\d+$/.test(timestamp) || age > oldest)
      return problem(c, { status: 401, code: "bad_signature", detail: "This is not from Slack." });
    const read = pressed.safeParse(parsedJson(new URLSearchParams(body).get("payload") ?? ""));
    // Whatever else Slack tells (a link was opened) is of no interest.
    if (!read.success) return c.body(null, 200);
    const outcome = await decide(parts, signed, read.data);
    if (outcome !== undefined) parts.reply(read.data.response_url, outcome);
    return c.body(null, 200);
  });
  return app;
}

/** What came of it, in words for the person; nothing where no button of ours was pressed. */
async function decide(
  { approvals, record }: SlackActionParts,
  { people, rules }: SlackApp,
  { actions, user, team, enterprise }: Pressed,
): Promise<string | undefined> {
  const [action] = actions;
  const verdict = verdictOf(action?.action_id);
  if (verdict === undefined) return undefined;
  const id = parseApprovalId(action?.value ?? "");
  const teams = [user.team_id, team?.id, enterprise?.id];
  const by = teams.map((name) => people.get(`${name}/${user.id}`)).find((found) => found);
  if (by === undefined) return "Not done: this gateway does not know you by your Slack account.";
  const approval = id === undefined ? undefined : await approvals.get(id);
  if (id === undefined || approval === undefined) return "Not done: there is no such approval.";
  if (!rules.includes(approval.ask.rule))
    return "Not done: this is not to be decided in Slack. Follow the link instead.";
  await record(by.id, verdict, id);
  const reason = "Pressed in Slack.";
  const said = await approvals.say(
    id,
    verdict === "approve"
      ? { kind: "approve", by, reason, breakGlass: false }
      : { kind: "deny", by, reason },
  );
  if (!said.ok) return `Not done: ${problemOf(said.error).detail}`;
  return `Taken down as your word. The request is now ${said.value.standing.state}.`;
}

function verdictOf(actionId: string | undefined): "approve" | "deny" | undefined {
  if (actionId === slackButtons.approve) return "approve";
  return actionId === slackButtons.deny ? "deny" : undefined;
}
