import { createHash, createHmac } from "node:crypto";
import type { Secret } from "../base/secret.ts";
import type { Ruling } from "../core/decision.ts";
import type { Facts } from "../core/facts.ts";
import type { Masker } from "../core/finding.ts";
import { newApprovalId } from "../core/ids.ts";
import type { Ask, Terms } from "./approval.ts";
import { requesterOf } from "./approver.ts";
import { withoutRequestId } from "./json-rpc.ts";
import { previewOf } from "./preview.ts";

/** Fields that change what an upstream makes of a request; all others may differ between a request and its retry. */
const telling = [
  "content-type",
  "content-encoding",
  "git-protocol",
  "x-http-method-override",
  "x-github-api-version",
  "mcp-protocol-version",
];

/** Writes down what is asked of people. `key` is the same for every process that shares the approvals. */
export async function askFor(
  facts: Facts,
  ruling: Ruling,
  terms: Terms,
  within: number,
  { key, masker }: { readonly key: Secret; readonly masker: Masker | undefined },
): Promise<Ask> {
  const { principal, session, operations } = facts;
  const { operation, rule, digests } = ruling;
  const digest = (...parts: readonly unknown[]) =>
    createHmac("sha256", key.reveal()).update(JSON.stringify(parts)).digest("base64url");
  const law = [rule, digests?.rule ?? "", terms];
  return {
    id: newApprovalId(),
    binding: digest("request", principal.id, session, law, requestParts(facts)),
    grantKeys: {
      session: digest("session", principal.id, session, law),
      resource: digest("resource", principal.id, law, operation.name, operation.resource),
    },
    session,
    requester: requesterOf(principal),
    operations,
    rule,
    ...(digests === undefined ? {} : { digests }),
    terms,
    preview: await previewOf(facts, masker),
    within,
  };
}

function requestParts({ target, head, body }: Facts): readonly unknown[] {
  const { connection, path } = target;
  return [
    connection.name,
    connection.upstream.href,
    head.method,
    path.segments,
    path.query,
    telling.map((name) => head.fields.all(name)),
    createHash("sha256").update(withoutRequestId(body)).digest("base64url"),
  ];
}
