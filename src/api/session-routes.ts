import { type Context, Hono } from "hono";
import { stream } from "hono/streaming";
import { z } from "zod";
import { pieceText } from "../recording/entry.ts";
import { exportForms } from "../recording/export/index.ts";
import type { Seen } from "../recording/sink.ts";
import type { Env } from "./guard.ts";
import { type LiveEvent, liveEvents, tooManyStreams } from "./live-events.ts";
import type { OpenApiPaths } from "./openapi.ts";
import { type Problem, problem } from "./problem.ts";
import type { SessionDesk } from "./session-desk.ts";
import { sessionView, storyView } from "./session-view.ts";

const listQuery = z.strictObject({
  search: z.string().max(200).optional(),
  decision: z.enum(["allow", "deny", "approve", "error"]).optional(),
  masked: z.enum(["true", "false"]).optional(),
  after: z.string().max(128).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
const pageQuery = z.object({
  from: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(200).default(100),
});
const forms = ["har", "jsonl", "markdown", "ocsf", "html"] as const;
const exportQuery = z.strictObject({ format: z.enum(forms).default("jsonl") });
const reasonBody = z.strictObject({ reason: z.string().trim().min(1).max(1000) });

/** `/api/v1/sessions…`, behind the guard: what was recorded, for those who may look at it. */
export function sessionRoutes(desk: SessionDesk): Hono<Env> {
  const app = new Hono<Env>();
  app.get("/", async (c) => {
    const read = listQuery.safeParse(c.req.query());
    if (!read.success) return invalid(c, read.error);
    const { search, decision, masked, after, limit } = read.data;
    const page = await desk.list(c.get("principal"), {
      limit,
      ...(search === undefined ? {} : { words: search }),
      ...(decision === undefined ? {} : { decision }),
      ...(masked === "true" ? { masked: true } : {}),
      ...(after === undefined ? {} : { after }),
    });
    return page.ok ? c.json(page.value) : problem(c, page.error);
  });
  app.get("/:id", async (c) => {
    const { from, limit } = pageQuery.parse(c.req.query());
    const page = await desk.show(c.get("principal"), c.req.param("id"), from, limit);
    return page.ok ? c.json(sessionView(page.value)) : problem(c, page.error);
  });
  app.get("/:id/stories", async (c) => {
    const { from, limit } = pageQuery.parse(c.req.query());
    const records = { from, limit: Math.min(limit, 20) };
    const stories = await desk.stories(c.get("principal"), c.req.param("id"), records);
    return stories.ok
      ? c.json({ stories: stories.value.map(storyView) })
      : problem(c, stories.error);
  });
  app.get("/:id/recording", (c) => exported(c, desk, c.req.param("id")));
  app.get("/:id/tail", (c) => tail(c, desk, c.req.param("id")));
  for (const what of ["hold", "lift", "erase"] as const)
    app.post(`/:id/${what}`, async (c) => {
      const read = reasonBody.safeParse(await c.req.json().catch(() => undefined));
      if (!read.success) return invalid(c, read.error);
      const { reason } = read.data;
      const done = await desk.custody(c.get("principal"), c.req.param("id"), what, reason);
      return done.ok ? c.json({ state: done.value }) : problem(c, done.error);
    });
  return app;
}

/** The session as a file, in the form that the query names. */
export async function exported(
  c: Context<Env>,
  desk: SessionDesk,
  session: string,
): Promise<Response> {
  const read = exportQuery.safeParse(c.req.query());
  if (!read.success) return invalid(c, read.error);
  const { format } = read.data;
  const parts = await desk.export(c.get("principal"), session, format);
  if (!parts.ok) return problem(c, parts.error);
  c.header("content-type", exportForms[format]);
  c.header("content-disposition", `attachment; filename="${session}.${format}"`);
  return stream(c, async (out) => {
    for await (const part of parts.value) await out.write(part);
  });
}

/** An hour: whoever watches longer comes back, and is asked anew who they are. */
const longestTail = 3_600_000;

/** What is recorded of a running session, as it happens: `entry` and `piece` events. */
export async function tail(c: Context<Env>, desk: SessionDesk, session: string): Promise<Response> {
  const full = tooManyStreams(c);
  if (full !== undefined) return full;
  const watched = await desk.tail(c.get("principal"), session);
  if (!watched.ok) return problem(c, watched.error);
  const { clock, watch } = watched.value;
  const subscribe = (send: (event: LiveEvent) => void): (() => void) =>
    watch((record, what) => send(eventOf(record, what)));
  return liveEvents(c, { clock, longest: longestTail, subscribe });
}

function eventOf(record: string, what: Seen): LiveEvent {
  if (what.kind === "entry")
    return { event: "entry", data: JSON.stringify({ record, ...what.entry }) };
  const { t, direction: dir, bytes } = what;
  return { event: "piece", data: JSON.stringify({ record, dir, t, text: pieceText(bytes) }) };
}

function invalid(c: Context<Env>, error: z.ZodError): Response {
  const detail = error.issues
    .map(({ path, message }) => `${path.join(".") || "the request"}: ${message}`)
    .join("; ");
  const why: Problem = { status: 400, code: "malformed", detail };
  return problem(c, why);
}

/** How the OpenAPI document tells of these routes. */
export function sessionPaths(): OpenApiPaths {
  const id = { name: "id", in: "path", required: true, schema: { type: "string" } };
  const query = (name: string, type = "string") => ({ name, in: "query", schema: { type } });
  const answers = (description: string, type = "application/json") => ({
    "200": { description, content: { [type]: { schema: {} } } },
    "403": { description: "the caller may not look at recordings" },
  });
  const get = (
    operationId: string,
    summary: string,
    parameters: readonly object[],
    type?: string,
  ) => ({
    get: { operationId, summary, parameters, responses: answers(summary, type) },
  });
  const post = (operationId: string, summary: string) => ({
    post: { operationId, summary, parameters: [id], responses: answers(summary) },
  });
  const base = "/api/v1/sessions";
  return {
    [base]: get("listSessions", "Recorded sessions, newest first", [
      ...["search", "decision", "masked", "after"].map((name) => query(name)),
      query("limit", "integer"),
    ]),
    [`${base}/{id}`]: get("getSession", "One session and a page of its exchanges", [
      id,
      query("from", "integer"),
      query("limit", "integer"),
    ]),
    [`${base}/{id}/stories`]: get("getStories", "Exchanges told: what was said, decided, masked", [
      id,
      query("from", "integer"),
      query("limit", "integer"),
    ]),
    [`${base}/{id}/recording`]: get(
      "getRecording",
      "The whole recording: HAR 1.2, JSON lines, Markdown, OCSF or HTML",
      [id, query("format")],
      "application/octet-stream",
    ),
    [`${base}/{id}/tail`]: get(
      "tailSession",
      "What is recorded of a running session, as it happens",
      [id],
      "text/event-stream",
    ),
    [`${base}/{id}/hold`]: post("holdSession", "Keep a session from erasure"),
    [`${base}/{id}/lift`]: post("liftHold", "Lift a hold; takes two people"),
    [`${base}/{id}/erase`]: post("eraseSession", "Destroy a session's keys"),
  };
}
