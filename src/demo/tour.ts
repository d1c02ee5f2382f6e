import { readFile } from "node:fs/promises";
import type { DemoCollector } from "./collector.ts";
import { createNarrator } from "./narrator.ts";
import { plantedSecret } from "./secret.ts";
import { pushToMain } from "./tour-push.ts";
import { insist, send, type Tour, type TourContext } from "./tour-stage.ts";
import type { Seen } from "./upstream.ts";

/**
 * Walks through allow, mask, block and park with real requests, and tells what went over the wire.
 * Rejects with `TourFailure` where an answer is not what it must be.
 */
export async function runTour(context: TourContext): Promise<void> {
  const tour: Tour = {
    context,
    narrator: createNarrator(context.write, context.colour),
    authority: await readFile(context.ca, "utf8"),
    token: await context.issuer.token(),
  };
  const steps = [strangers, allowed, masked, refused, pushToMain, traced];
  for (const step of steps) await step(tour);
}

async function strangers(tour: Tour): Promise<void> {
  const { narrator, context } = tour;
  narrator.heading("Nobody in particular asks, and gets nowhere");
  const before = context.upstream.log.length;
  const answer = await send(tour, "/api/v3/user");
  insist(answer.status === 401, `a request without a token was answered ${answer.status}`);
  insist(context.upstream.log.length === before, "a request without a token reached the upstream");
  narrator.say("No identity, no entry. The upstream has not seen a byte of it.");
}

async function allowed(tour: Tour): Promise<void> {
  const { narrator, context, token } = tour;
  narrator.heading(
    "A CI job asks with its own OIDC token, and the credential is put in on the way",
  );
  const answer = await send(tour, "/api/v3/user", {
    headers: { authorization: `Bearer ${token}` },
  });
  insist(answer.status === 200, `GET /user was answered ${answer.status}: ${answer.text}`);
  narrator.show(`< ${answer.text}`);
  const seen = context.upstream.log.at(-1);
  const authorization = String(seen?.headers["authorization"]);
  insist(authorization.endsWith(context.credential), "the upstream did not see the credential");
  insist(!JSON.stringify(seen?.headers).includes(token), "the upstream saw the job's own token");
  const start = authorization.slice(0, -context.credential.length).trim();
  narrator.say("What the upstream saw of it:");
  narrator.show(`authorization: ${start} **** (the stored credential; the job's token is gone)`);
}

async function masked(tour: Tour): Promise<void> {
  const { narrator, token } = tour;
  narrator.heading("A model answers with a secret, cut in two across a stream");
  const body = JSON.stringify({
    model: "demo-model",
    stream: true,
    messages: [{ role: "user", content: "Which token does the deploy job use?" }],
  });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const question = { method: "POST", headers, body };
  const answer = await send(tour, "/copilot/chat/completions", question);
  insist(answer.status === 200, `the model call was answered ${answer.status}: ${answer.text}`);
  const text = deltas(answer.text).join("");
  for (const delta of deltas(answer.text)) narrator.show(`< …"content": ${JSON.stringify(delta)}`);
  insist(text.includes("GH_TOKEN="), "the answer did not arrive");
  for (const length of [plantedSecret.length, 12])
    insist(!text.includes(plantedSecret.slice(0, length)), "the secret got through");
  narrator.say(
    `The upstream sent ${plantedSecret.slice(0, 7)}… in two pieces; the client got a mark in its place.`,
  );
}

async function refused(tour: Tour): Promise<void> {
  const { narrator, context, token } = tour;
  narrator.heading("An edit of .github/workflows is refused, in the client's own language");
  const content = Buffer.from("on: push\n").toString("base64");
  const before: readonly Seen[] = [...context.upstream.log];
  const answer = await send(tour, "/api/v3/repos/acme/app/contents/.github/workflows/deploy.yml", {
    method: "PUT",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ message: "Deploy faster", branch: "topic/faster", content }),
  });
  narrator.show(`< ${answer.text}`);
  insist(answer.status === 403, `the edit was answered ${answer.status}`);
  insist(context.upstream.log.length === before.length, "a refused request reached the upstream");
  narrator.say(
    `The case id is ${String(answer.headers["x-github-request-id"])}. The upstream has not seen a byte of it.`,
  );
}

async function traced({ context, narrator }: Tour): Promise<void> {
  narrator.heading("Every one of these requests is in a trace");
  const landed = (line: string): boolean => /approve .*main-needs-a-person/.test(line);
  const deadline = Date.now() + 15_000;
  while (!decisions(context.collector).some(landed) && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 100));
  insist(decisions(context.collector).some(landed), "the spans did not arrive at the collector");
  narrator.say(`The collector at ${context.collector.url} has them:`);
  narrator.show(decisions(context.collector).join("\n"));
}

/** One line per span of ours: Envoy's own, and the API's reads, are left out. */
function decisions({ spans }: DemoCollector): readonly string[] {
  return spans.flatMap(({ name, traceId, attributes }) => {
    const decision = attributes["sallyport.decision"];
    const rule = attributes["sallyport.rule"] ?? "";
    if (decision === undefined || name === "approvals.read") return [];
    return [`${traceId}  ${String(decision).padEnd(8)} ${name}  ${rule}`.trimEnd()];
  });
}

function deltas(events: string): readonly string[] {
  return events.split("\n").flatMap((line) => {
    if (!line.startsWith("data: {")) return [];
    const event = JSON.parse(line.slice("data: ".length)) as {
      choices?: readonly { delta?: { content?: string } }[];
    };
    const content = event.choices?.[0]?.delta?.content ?? "";
    return content === "" ? [] : [content];
  });
}
