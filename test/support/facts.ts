import type { NonEmpty } from "../../src/base/non-empty.ts";
import { isNonEmpty } from "../../src/base/non-empty.ts";
import type { Facts } from "../../src/core/facts.ts";
import type { RecordId, SessionId } from "../../src/core/ids.ts";
import type { Operation } from "../../src/core/operation.ts";
import type { Principal } from "../../src/core/principal.ts";
import type { ConnectionKind } from "../../src/core/target.ts";
import { Fields } from "../../src/http/fields.ts";

export function anOperation(operation: Partial<Operation> = {}): Operation {
  return {
    protocol: "github-rest",
    name: "repository.read",
    access: "read",
    resource: "github.com/acme/app",
    attributes: {},
    ...operation,
  };
}

export function aPrincipal(principal: Partial<Principal> = {}): Principal {
  return {
    id: "github-actions:repo:acme/app:ref:refs/heads/main",
    issuer: "github-actions",
    subject: "repo:acme/app:ref:refs/heads/main",
    groups: [],
    claims: {},
    ...principal,
  };
}

interface Told {
  readonly operations?: readonly Operation[];
  readonly principal?: Partial<Principal>;
  readonly connection?: string;
  readonly kind?: ConnectionKind;
  readonly at?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Facts as a request would make them; what is not told is an unremarkable read of a repository. */
export function someFacts(told: Told = {}): Facts {
  const operations: readonly Operation[] = told.operations ?? [anOperation()];
  if (!isNonEmpty(operations)) throw new Error("facts without an operation");
  const judged: NonEmpty<Operation> = operations;
  return {
    record: "01900000-0000-7000-8000-000000000000" as RecordId,
    at: Date.parse(told.at ?? "2026-06-03T10:00:00Z"),
    principal: aPrincipal(told.principal),
    session: "session" as SessionId,
    target: {
      connection: {
        name: told.connection ?? "github-api",
        kind: told.kind ?? "github-api",
        hosts: ["api.github.com"],
        upstream: new URL("https://api.github.com"),
      },
      path: { segments: ["repos", "acme", "app"], query: "" },
    },
    head: {
      method: "GET",
      scheme: "https",
      authority: "api.github.com",
      path: "/repos/acme/app?page=1",
      fields: new Fields(Object.entries(told.headers ?? {})),
    },
    body:
      typeof told.body === "string"
        ? new TextEncoder().encode(told.body)
        : (told.body ?? new Uint8Array(0)),
    operations: judged,
  };
}
