import { type Context, Hono } from "hono";
import { approverOf, named } from "../approvals/approver.ts";
import { agentTrace } from "../provenance/agent-trace.ts";
import type { CommitProvenance } from "../provenance/answer.ts";
import { gitNote } from "../provenance/git-note.ts";
import type { ProvenanceStore } from "../provenance/store.ts";
import type { Env } from "./guard.ts";
import type { OpenApiPaths } from "./openapi.ts";
import { problem } from "./problem.ts";

export interface ProvenanceRouteParts {
  readonly store: Pick<ProvenanceStore, "commit" | "commitsOf">;
  /** Resolves when all that went by so far is written down. */
  readonly settled: () => Promise<void>;
  /** `group:name` or principal ids that may read the evidence; everybody may read of their own sessions. */
  readonly readers: readonly string[];
}

/** `/api/v1/provenance…`, behind the guard: what commits came from. */
export function provenanceRoutes({ store, settled, readers }: ProvenanceRouteParts): Hono<Env> {
  const app = new Hono<Env>();
  const read = async (c: Context<Env>): Promise<CommitProvenance | Response> => {
    await settled();
    const id = c.req.param("commit") ?? "";
    const found = /^[0-9a-f]{40,64}$/.test(id) ? await store.commit(id) : undefined;
    return found !== undefined && mayRead(c, found, readers) ? found : missing(c);
  };
  const answer =
    (view: (found: CommitProvenance) => object | string) =>
    async (c: Context<Env>): Promise<Response> => {
      const found = await read(c);
      if (found instanceof Response) return found;
      const shown = view(found);
      return typeof shown === "string" ? c.text(shown) : c.json(shown);
    };
  app.get(
    "/commits/:commit",
    answer((found) => found),
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
    "/api/v1/provenance/sessions/{session}": get(
      "getSessionCommits",
      "The commits that a session brought, or that took in what it was given",
      "session",
    ),
  };
}
