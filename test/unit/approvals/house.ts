import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { approveAction } from "../../../src/actions/approve/index.ts";
import { type Approvals, createApprovals } from "../../../src/approvals/approvals.ts";
import { approverOf } from "../../../src/approvals/approver.ts";
import { openEmbeddedStore } from "../../../src/approvals/embedded.ts";
import type { ApprovalStore } from "../../../src/approvals/store.ts";
import { Secret } from "../../../src/base/secret.ts";
import type { Facts } from "../../../src/core/facts.ts";
import {
  type ApprovalId,
  newRecordId,
  type RuleId,
  type SessionId,
} from "../../../src/core/ids.ts";
import type { Operation } from "../../../src/core/operation.ts";
import type { Parking, Settled } from "../../../src/core/outcome.ts";
import type { Principal } from "../../../src/core/principal.ts";
import { Fields } from "../../../src/http/fields.ts";
import { ManualClock } from "../../contract/approvals/scene.ts";

/** Approvals, and all it takes to ask and to answer. */
export interface House {
  readonly approvals: Approvals;
  readonly store: ApprovalStore;
  park(facts: Facts, parameters?: object): Promise<Parking>;
  say(id: ApprovalId, verdict: "approve" | "deny", name?: string): Promise<unknown>;
  end(): Promise<void>;
}

/** The action on top of these approvals. */
export function houseOf(approvals: Approvals, store: ApprovalStore): House {
  const action = approveAction(approvals);
  return {
    approvals,
    store,
    park: async (facts, parameters = { by: "group:platform" }) => {
      const bound = action.bind(action.parameters.parse(parameters));
      const outcome = await bound.enforce(facts, rulingOf(facts, [bound]));
      if (outcome.kind !== "park") throw new Error(`it said ${outcome.kind}`);
      return outcome.parking;
    },
    say: (id, verdict, name = "ann") => {
      const by = approverOf(someone(name));
      return approvals.say(
        id,
        verdict === "approve"
          ? { kind: verdict, by, reason: "", breakGlass: false }
          : { kind: verdict, by, reason: "no" },
      );
    },
    end: () => approvals.close(),
  };
}

/** A house on disk whose clock stands still until it is moved. */
export async function openHouse(): Promise<House & { readonly clock: ManualClock }> {
  const dir = await mkdtemp(join(tmpdir(), "approvals-"));
  const clock = new ManualClock();
  const store = await openEmbeddedStore({ dir, clock });
  const approvals = createApprovals({
    store,
    clock,
    defaults: { hold: 600_000, expires: 86_400_000 },
    key: new Secret("k".repeat(32)),
    masker: { open: () => ({ write: (chunk) => chunk, flush: () => new Uint8Array(0) }) },
    consoleUrl: "https://sallyport.example/",
  });
  return {
    ...houseOf(approvals, store),
    clock,
    end: async () => {
      await approvals.close();
      await rm(dir, { recursive: true });
    },
  };
}

function rulingOf(facts: Facts, actions: readonly [never] | readonly unknown[]) {
  return {
    operation: facts.operations[0],
    rule: "new-repositories-need-a-person" as RuleId,
    actions: actions as never,
    observed: [],
  };
}

export function someone(name: string, change: Partial<Principal> = {}): Principal {
  return {
    id: `idp:${name}`,
    issuer: "idp",
    subject: name,
    groups: ["platform"],
    claims: {},
    ...change,
  };
}

export const createRepository: Operation = {
  protocol: "github-rest",
  name: "repository.create",
  access: "write",
  resource: "github.com/acme/new",
  attributes: {},
};

/** A request as the gateway would present it; each call is a new exchange. */
export function someFacts(
  change: {
    readonly principal?: Principal;
    readonly session?: string;
    readonly body?: string;
    readonly path?: string;
    readonly method?: string;
    readonly operation?: Operation;
    readonly contentType?: string;
  } = {},
): Facts {
  const path = change.path ?? "/orgs/acme/repos";
  const [plain = "", query = ""] = path.split("?");
  return {
    record: newRecordId(Date.UTC(2026, 0, 1)),
    at: Date.UTC(2026, 0, 1),
    principal: change.principal ?? someone("rita", { groups: [] }),
    session: (change.session ?? "ses_1") as SessionId,
    target: {
      connection: {
        name: "github-api",
        kind: "github-api",
        hosts: ["api.github.com"],
        upstream: new URL("https://api.github.com"),
      },
      path: { segments: plain.slice(1).split("/"), query },
    },
    head: {
      method: change.method ?? "POST",
      scheme: "https",
      authority: "api.github.com",
      path,
      fields: new Fields([["content-type", change.contentType ?? "application/json"]]),
    },
    body: new TextEncoder().encode(change.body ?? '{"name":"new"}'),
    operations: [change.operation ?? createRepository],
  };
}

/** Whether a promise is still open after everything that could run has run. */
export async function stillOpen(promise: Promise<Settled>): Promise<boolean> {
  const open = Symbol("open");
  for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done));
  return (await Promise.race([promise, Promise.resolve(open)])) === open;
}
