import { Hono } from "hono";
import { z } from "zod";
import type { CommitProvenance } from "../provenance/answer.ts";
import { type AttestedCommit, attestedCommit } from "../provenance/attestation.ts";
import type { AttestedBy } from "../provenance/registrar.ts";
import type { SealedBox } from "../provenance/sealed.ts";
import { scopesFor } from "../provenance/witness.ts";
import type { Env } from "./guard.ts";
import type { OpenApiPaths } from "./openapi.ts";
import { problem } from "./problem.ts";

export interface AttestationRouteParts {
  /** Opens what jobs seal; what they tell is as confidential as the source it was made of. */
  readonly box: SealedBox;
  readonly attested: (
    commit: AttestedCommit,
    by: AttestedBy,
  ) => Promise<CommitProvenance | undefined>;
  /** The session of that value of an `authorization` header. */
  readonly session: (authorization: string | undefined) => Promise<string | undefined>;
  readonly now: () => number;
  /** Told of what went wrong; the caller hears only that it did. */
  readonly fault: (error: unknown) => null;
  /** Where jobs' repositories are: `github.com`. */
  readonly host: string;
}

/** How long a sealed attestation may be, in bytes of its JSON. */
export const longestAttestation: number = 16 * 1024 * 1024;

const sent = z.strictObject({ sealed: z.base64url() });

/** `/api/v1/provenance/attestations`, behind the guard: what CI jobs tell of commits that did not pass the gateway. */
export function attestationRoutes(parts: AttestationRouteParts): Hono<Env> {
  const app = new Hono<Env>();
  app.get("/key", (c) => c.json({ version: 1, x25519: parts.box.publicKey }));
  app.post("/", async (c) => {
    const principal = c.get("principal");
    const name = principal.run?.repository.toLowerCase() ?? "";
    const session = await parts.session(c.req.header("authorization"));
    // A job speaks of the repository that its identity provider names, and of no other.
    if (principal.run === undefined || name === "" || session === undefined)
      return problem(c, { status: 403, code: "no_job", detail: notAJob });
    const body = sent.safeParse(await c.req.json().catch(() => undefined));
    const commit = body.success ? commitIn(parts.box, body.data.sealed) : undefined;
    if (commit === undefined)
      return problem(c, { status: 400, code: "invalid", detail: unreadable });
    const repository = `${parts.host}/${name}`;
    const at = parts.now();
    const who = { session, principal: principal.id, actor: principal.run.actor, at };
    const sighting = { kind: "attested" as const, record: c.get("record"), ...who };
    const by = { repository, scopes: scopesFor({ principal }, repository), sighting };
    const found = await parts.attested(commit, by).catch(parts.fault);
    if (found === null) return problem(c, { status: 503, code: "unavailable", detail: notNow });
    return found === undefined
      ? problem(c, { status: 409, code: "another_repository", detail: elsewhere })
      : c.json(found);
  });
  return app;
}

const notNow = "What you told cannot be written down now.";
const notAJob = "Only a CI job may attest: its token names the repository.";
const unreadable =
  "That is no attestation sealed to the key at /api/v1/provenance/attestations/key.";
const elsewhere = "That commit is known already, of another repository.";

function commitIn(box: SealedBox, sealed: string): AttestedCommit | undefined {
  const opened = box.open(Buffer.from(sealed, "base64url"));
  if (opened === undefined) return undefined;
  try {
    return attestedCommit.safeParse(JSON.parse(Buffer.from(opened).toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

/** How the OpenAPI document tells of these routes. */
export function attestationPaths(): OpenApiPaths {
  const schema = (type: object) => ({ "application/json": { schema: type } });
  return {
    "/api/v1/provenance/attestations/key": {
      get: {
        operationId: "getAttestationKey",
        summary: "The X25519 public key, as base64url, that attestations are sealed to",
        responses: { "200": { description: "the key", content: schema({}) } },
      },
    },
    "/api/v1/provenance/attestations": {
      post: {
        operationId: "attestCommit",
        summary:
          "Tell of a commit that did not pass the gateway: sealed fingerprints of its added lines, no source",
        requestBody: { required: true, content: schema(z.toJSONSchema(sent)) },
        responses: {
          "200": { description: "what is known of the commit now", content: schema({}) },
          "400": { description: "it cannot be opened or read" },
          "403": { description: "the caller is no CI job" },
          "503": { description: "it cannot be written down now" },
          "409": { description: "the commit is known of another repository" },
          "413": { description: "it is longer than 16 MiB" },
        },
      },
    },
  };
}
