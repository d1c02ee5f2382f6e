import { join } from "node:path";
import { createApi } from "../../../src/api/api.ts";
import { provenanceDesk } from "../../../src/api/provenance-desk.ts";
import { serveApi } from "../../../src/api/server.ts";
import { createApprovals } from "../../../src/approvals/approvals.ts";
import { openEmbeddedStore } from "../../../src/approvals/embedded.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { err, ok } from "../../../src/base/result.ts";
import { Secret } from "../../../src/base/secret.ts";
import { createConsole } from "../../../src/console/console.ts";
import type { Intent } from "../../../src/core/record.ts";
import { exposureOf } from "../../../src/provenance/exposure.ts";
import { statementType } from "../../../src/provenance/statement.ts";
import type { ProvenanceStore } from "../../../src/provenance/store.ts";
import { fileProvenance } from "../../../src/provenance/store-file.ts";
import { signEnvelope } from "../../../src/tlog/dsse.ts";
import { freePort } from "../../support/ports.ts";
import { type House, houseOf, someone } from "../../unit/approvals/house.ts";

export interface Served {
  readonly house: House;
  readonly served: { readonly url: string; close(): Promise<void> };
  /** What is known of commits; `group:platform` may read all of it. */
  readonly commits: ProvenanceStore;
}

/** An exchange of that session, in which a token was masked. */
function met(session: string) {
  const finding = { rule: "github-token", fingerprint: `of ${session}` };
  return {
    ...{ record: session, at: 0, refused: false, unread: { opaque: 12 } },
    ...{ findings: [finding], counts: { "github-token": 1 } },
  };
}

/** Approvals in that folder, and the console in front of them, where `Bearer NAME` is ann, bob, rita or otto. */
export async function serveConsole(dir: string, intents: Intent[]): Promise<Served> {
  const clock = systemClock;
  const store = await openEmbeddedStore({ dir: dir, clock });
  const key = new Secret("k".repeat(32));
  const approvals = createApprovals({
    store,
    clock,
    defaults: { hold: 600_000, expires: 3_600_000 },
    key,
    masker: { open: () => ({ write: (chunk) => chunk, flush: () => new Uint8Array(0) }) },
  });
  const house = houseOf(approvals, store);
  const commits = await fileProvenance(join(dir, "provenance"));
  const desk = provenanceDesk({
    store: commits,
    settled: async () => undefined,
    readers: ["group:platform"],
    statement: async (found) => signEnvelope(statementType, JSON.stringify(found), []),
    exposure: async (sessions) => exposureOf(sessions.map(met)),
  });
  const port = await freePort();
  const authenticate = async (authorization: string | undefined) => {
    const name = /^Bearer (\w+)$/.exec(authorization ?? "")?.[1];
    const known = ["ann", "bob", "rita", "otto"].includes(name ?? "");
    if (!known) return err("No valid token was presented.");
    const groups = name === "otto" ? [] : ["platform"];
    return ok(someone(name ?? "", { groups }));
  };
  const audit = {
    intent: async (intent: Intent) => void intents.push(intent),
    complete: () => undefined,
  };
  const common = { approvals, authenticate, clock, audit };
  const publicUrl = `http://127.0.0.1:${port}/`;
  const app = createApi({
    ...common,
    version: "1.2.3",
    ready: async () => [],
    metrics: async () => "",
    mount: [{ path: "/", app: createConsole({ ...common, key, publicUrl, commits: desk }) }],
  });
  const served = await serveApi(app, { host: "127.0.0.1", port });
  return { house, served, commits };
}
