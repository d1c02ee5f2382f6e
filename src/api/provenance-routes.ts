import { type Context, Hono } from "hono";
import { agentTrace } from "../provenance/agent-trace.ts";
import type { CommitProvenance } from "../provenance/answer.ts";
import { gitNote } from "../provenance/git-note.ts";
import { sessionsOf } from "../provenance/store.ts";
import type { Env } from "./guard.ts";
import type { OpenApiPaths } from "./openapi.ts";
import { problem } from "./problem.ts";
import type { ProvenanceDesk } from "./provenance-desk.ts";

/** `/api/v1/provenance…`, behind the guard: what commits came from. */
export function provenanceRoutes(desk: ProvenanceDesk): Hono<Env> {
  const app = new Hono<Env>();
  const answer =
    (view: (found: CommitProvenance, c: Context<Env>) => object | string | Promise<object>) =>
    async (c: Context<Env>): Promise<Response> => {
      const found = await desk.commit(c.get("principal"), c.req.param("commit") ?? "");
      if (found === undefined) return missing(c);
      const shown = await view(found, c);
      return typeof shown === "string" ? c.text(shown) : c.json(shown);
    };
  app.get(
    "/commits/:commit",
    answer((found) => found),
  );
  app.get("/commits/:commit/statement", answer(desk.statement));
  app.get(
    "/commits/:commit/exposure",
    answer((found, c) => desk.exposure(c.get("principal"), sessionsOf(found))),
  );
  app.get("/sessions/:session/exposure", async (c) =>
    c.json(await desk.exposure(c.get("principal"), [c.req.param("session")])),
  );
  app.get("/commits/:commit/note", answer(gitNote));
  app.get("/commits/:commit/agent-trace", answer(agentTrace));
  app.get("/sessions/:session", async (c) => {
    const session = c.req.param("session");
    return c.json({ session, commits: await desk.commitsOf(c.get("principal"), session) });
  });
  return app;
}

function missing(c: Context<Env>): Response {
  return problem(c, {
    status: 404,
    code: "not_found",
    detail:
      "No such commit went through this gateway or was attested to it, or it is not yours to read.",
  });
}

/** How the OpenAPI document tells of these routes. */
export function provenancePaths(): OpenApiPaths {
  const parameter = (name: string) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  });
  const get = (operationId: string, summary: string, name: string, type = "application/json") => ({
    get: {
      operationId,
      summary,
      parameters: [parameter(name)],
      responses: {
        "200": { description: "what was found", content: { [type]: { schema: {} } } },
        "404": { description: "no such commit went by, or it is not the caller's to read" },
      },
    },
  });
  return {
    "/api/v1/provenance/commits/{commit}": get(
      "getCommitProvenance",
      "Who brought a commit, and which of its lines came from which suggestion, with what evidence",
      "commit",
    ),
    "/api/v1/provenance/commits/{commit}/note": get(
      "getCommitNote",
      "The same as a note for refs/notes/ai (git-ai authorship log)",
      "commit",
      "text/plain",
    ),
    "/api/v1/provenance/commits/{commit}/agent-trace": get(
      "getCommitAgentTrace",
      "The same as an agent-trace record",
      "commit",
    ),
    "/api/v1/provenance/commits/{commit}/statement": get(
      "getCommitStatement",
      "The same as an in-toto Statement in a DSSE envelope, signed with the keys of the audit log",
      "commit",
    ),
    "/api/v1/provenance/commits/{commit}/exposure": get(
      "getCommitExposure",
      "Which secrets the sessions met that a commit came from: rule, keyed fingerprint, what became of them",
      "commit",
    ),
    "/api/v1/provenance/sessions/{session}/exposure": get(
      "getSessionExposure",
      "Which secrets a session met: rule, keyed fingerprint, what became of them",
      "session",
    ),
    "/api/v1/provenance/sessions/{session}": get(
      "getSessionCommits",
      "The commits that a session brought, or that took in what it was given",
      "session",
    ),
  };
}
