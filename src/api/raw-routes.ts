import { Hono } from "hono";
import { stream } from "hono/streaming";
import { z } from "zod";
import type { Env } from "./guard.ts";
import type { OpenApiPaths } from "./openapi.ts";
import { problem } from "./problem.ts";
import type { RawDesk } from "./raw-desk.ts";

const askBody = z.strictObject({ reason: z.string().trim().min(1).max(1000) });
const part = z.string().regex(/^[0-9]+-[0-9a-f]+\.raw$/);
const unlockBody = z.strictObject({
  keys: z
    .array(z.strictObject({ part, key: z.base64().max(100_000) }))
    .min(1)
    .max(10_000),
});

/** `/api/v1/sessions/{id}/raw…`, behind the guard: unmasked bytes, which it takes two people to read. */
export function rawRoutes(desk: RawDesk): Hono<Env> {
  const app = new Hono<Env>();
  app.post("/:id/raw", async (c) => {
    const read = askBody.safeParse(await c.req.json().catch(() => undefined));
    if (!read.success) return problem(c, malformed("reason: one is needed"));
    const { reason } = read.data;
    const step = await desk.ask(c.get("principal"), c.req.param("id"), reason);
    return step.ok ? c.json(step.value) : problem(c, step.error);
  });
  app.post("/:id/raw/keys", async (c) => {
    const read = unlockBody.safeParse(await c.req.json().catch(() => undefined));
    if (!read.success) return problem(c, malformed("keys: a list of { part, key } is needed"));
    const done = await desk.unlock(c.get("principal"), c.req.param("id"), read.data.keys);
    return done.ok ? c.json(done.value) : problem(c, done.error);
  });
  app.get("/:id/raw/:part", (c) => {
    const name = part.safeParse(c.req.param("part"));
    if (!name.success) return problem(c, malformed("part: that is not the name of one"));
    const read = desk.read(c.get("principal"), c.req.param("id"), name.data);
    if (!read.ok) return problem(c, read.error);
    c.header("content-type", "application/octet-stream");
    c.header("cache-control", "no-store");
    return stream(c, async (out) => {
      for await (const bytes of read.value) await out.write(new Uint8Array(bytes));
    });
  });
  return app;
}

function malformed(detail: string) {
  return { status: 400, code: "malformed", detail } as const;
}

/** How the OpenAPI document tells of these routes. */
export function rawPaths(): OpenApiPaths {
  const path = (name: string) => ({ name, in: "path", required: true, schema: { type: "string" } });
  const responses = (description: string, type = "application/json") => ({
    "200": { description, content: { [type]: { schema: {} } } },
    "403": { description: "the caller may not, or not now" },
    "409": { description: "another step comes first" },
  });
  const base = "/api/v1/sessions/{id}/raw";
  const operation = (operationId: string, summary: string, type?: string) => ({
    operationId,
    summary,
    responses: responses(summary, type),
  });
  const ask = operation(
    "askRaw",
    "Ask to open a raw recording: the first to unlock, the second to read",
  );
  const unlock = operation(
    "unlockRaw",
    "Bring the keys of a raw recording without their outer lock",
  );
  const read = operation("readRaw", "A raw part, still encrypted", "application/octet-stream");
  return {
    [base]: { post: { ...ask, parameters: [path("id")] } },
    [`${base}/keys`]: { post: { ...unlock, parameters: [path("id")] } },
    [`${base}/{part}`]: { get: { ...read, parameters: [path("id"), path("part")] } },
  };
}
