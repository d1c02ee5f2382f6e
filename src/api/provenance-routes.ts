import { type Context, Hono } from "hono";
import { approverOf, named } from "../approvals/approver.ts";
import { agentTrace } from "../provenance/agent-trace.ts";
import type { CommitProvenance } from "../provenance/answer.ts";
import type { Exposure } from "../provenance/exposure.ts";
import { gitNote } from "../provenance/git-note.ts";
import { type ProvenanceStore, sessionsOf } from "../provenance/store.ts";
import type { Envelope } from "../tlog/dsse.ts";
import type { Env } from "./guard.ts";
import type { OpenApiPaths } from "./openapi.ts";
import { problem } from "./problem.ts";

export interface ProvenanceRouteParts {
  readonly store: Pick<ProvenanceStore, "commit" | "commitsOf">;
  /** Resolves when all that went by so far is written down. */
  readonly settled: () => Promise<void>;
  /** An in-toto Statement of it, signed with the log's keys (DSSE). */
  readonly statement: (found: CommitProvenance) => Promise<Envelope>;
  /** Which secrets these sessions met; those exchanges alone that this caller made, where one is named. */
  readonly exposure: (sessions: readonly string[], caller?: string) => Promise<Exposure>;
  /** `group:name` or principal ids that may read the evidence; everybody may read of their own sessions. */
  readonly readers: readonly string[];
}

/** `/api/v1/provenance…`, behind the guard: what commits came from. */
export function provenanceRoutes(parts: ProvenanceRouteParts): Hono<Env> {
  const { store, settled, readers, statement, exposure } = parts;
  const app = new Hono<Env>();
  const read = async (c: Context<Env>): Promise<CommitProvenance | Response> => {
    await settled();
    const id = c.req.param("commit") ?? "";
    const found = /^[0-9a-f]{40,64}$/.test(id) ? await store.commit(id) : undefined;
    return found !== undefined && mayRead(c, found, readers) ? found : missing(c);
  };
  const answer =
    (view: (found: CommitProvenance, c: Context<Env>) => object | string | Promise<object>) =>
    async (c: Context<Env>): Promise<Response> => {
      const found = await read(c);
      if (found instanceof Response) return found;
      const shown = await view(found, c);
      return typeof shown === "string" ? c.text(shown) : c.json(shown);
    };
  app.get(
    "/commits/:commit",
    answer((found) => found),
  );
  const caller = (c: Context<Env>): string | undefined =>
    named(approverOf(c.get("principal")), readers) ? undefined : c.get("principal").id;
  app.get("/commits/:commit/statement", answer(statement));
  app.get(
    "/commits/:commit/exposure",
    answer((found, c) => exposure(sessionsOf(found), caller(c))),
  );
  app.get("/sessions/:session/exposure", async (c) =>
    c.json(await exposure([c.req.param("session")], caller(c))),
  );
  app.get("/commits/:commit/note", answer(gitNote));
  app.get("/commits/:commit/agent-trace", answer(agentTrace));
  app.get("/sessions/:session", async (c) => {
    await settled();
    const ids = await store.commitsOf(c.req.param("session"));
    const found = await Promise.all(ids.map((id) => store.commit(id)));
    const commits = found.filter((one) => one !== undefined && mayRead(c, one, readers));
    return c.json({ session: c.req.param("session"), commits });
  });
  return app;
}

function mayRead(c: Context<Env>, { seen }: CommitProvenance, readers: readonly string[]): boolean {
  const caller = c.get("principal");
  return (
    named(approverOf(caller), readers) || seen.some(({ principal }) => principal === caller.id)
  );
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
