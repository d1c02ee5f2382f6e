import { z } from "zod";
import { type Approval, approvalStates, type Say } from "../approvals/approval.ts";
import { approverOf, named, sameAsRequester, samePerson } from "../approvals/approver.ts";
import { visible } from "../approvals/visible.ts";
import type { Operation } from "../core/operation.ts";
import type { Principal, Run } from "../core/principal.ts";

const time = z.iso.datetime().meta({ description: "RFC 3339, UTC" });

const operationView = z.strictObject({
  protocol: z.string(),
  name: z.string(),
  access: z.enum(["read", "write"]),
  resource: z.string(),
  attributes: z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]),
  ),
});

const findingView = z.strictObject({
  rule: z.string(),
  fingerprint: z.string(),
  channel: z.string(),
  offset: z.int(),
  length: z.int(),
});

const grantView = z.strictObject({
  scope: z.enum(["session", "resource"]),
  until: time,
  revoked: z.strictObject({ by: z.string(), at: time }).optional(),
});

const sayView = z.strictObject({
  by: z.string(),
  verdict: z.enum(["approve", "deny"]),
  reason: z.string(),
  at: time,
  breakGlass: z.boolean(),
  grant: z.strictObject({ scope: z.enum(["session", "resource"]), seconds: z.number() }).optional(),
});

/** An approval as the API shows it. Nothing in it is the true content of a request: the request is masked. */
export const approvalView = z
  .strictObject({
    id: z.string(),
    state: z.enum(approvalStates),
    requester: z.strictObject({
      principal: z.string(),
      actor: z.string().optional(),
      repository: z.string().optional(),
      ref: z.string().optional(),
      workflow: z.string().optional(),
      environment: z.string().optional(),
      run: z.string().optional().meta({ description: "id of the CI run" }),
      runUrl: z.string().optional(),
    }),
    session: z.string(),
    rule: z.string(),
    ruleDigest: z.string().optional(),
    policyDigest: z.string().optional(),
    operations: z.array(operationView),
    request: z.strictObject({
      method: z.string(),
      authority: z.string(),
      path: z.string(),
      contentType: z.string(),
      body: z.string().optional().meta({ description: "masked; cut at 64 KiB" }),
      changes: z
        .strictObject({
          files: z.array(
            z.strictObject({
              path: z.string(),
              ref: z.string().optional(),
              kind: z.enum(["added", "removed", "changed", "written", "unread"]),
              diff: z.string().optional().meta({ description: "unified diff, masked" }),
              cut: z.boolean(),
              notes: z.array(z.string()),
            }),
          ),
          unlisted: z.int().meta({ description: "how many files more there are" }),
          complete: z.boolean().meta({ description: "false where there may be others" }),
        })
        .optional()
        .meta({ description: "the files that it changes" }),
      files: z
        .array(
          z.strictObject({
            path: z.string(),
            text: z.string().optional(),
            bytes: z.int(),
            cut: z.boolean(),
          }),
        )
        .optional()
        .meta({ description: "what the body carries in base64, masked" }),
      bytes: z.int(),
      cut: z.boolean(),
    }),
    findings: z.array(findingView),
    terms: z.strictObject({
      by: z.array(z.string()),
      count: z.int(),
      reason: z.enum(["required", "optional"]),
      breakGlass: z
        .strictObject({ by: z.array(z.string()), count: z.int(), seconds: z.number() })
        .optional(),
      grants: z
        .strictObject({ scopes: z.array(z.enum(["session", "resource"])), seconds: z.number() })
        .optional(),
    }),
    says: z.array(sayView),
    askedAt: time,
    expiresAt: time,
    settledAt: time.optional(),
    used: z.strictObject({ record: z.string(), at: time }).optional(),
    grant: grantView.optional(),
    review: z
      .strictObject({ by: z.string().optional(), note: z.string().optional(), at: time.optional() })
      .optional()
      .meta({ description: "present when it was opened by break-glass; empty until reviewed" }),
    you: z
      .strictObject({ mayDecide: z.boolean(), mayBreakGlass: z.boolean() })
      .meta({ description: "what the caller may do now" }),
  })
  .meta({ id: "Approval" });

export type ApprovalView = z.output<typeof approvalView>;

/** How one approval looks to one caller. */
export function viewOf(approval: Approval, principal: Principal, server: string): ApprovalView {
  const { ask, standing } = approval;
  const { body, changes, files, findings, ...request } = ask.preview;
  return {
    id: ask.id,
    state: standing.state,
    requester: { principal: ask.requester.id, ...runView(ask.requester.run, server) },
    session: ask.session,
    rule: ask.rule,
    ...(ask.digests === undefined
      ? {}
      : { ruleDigest: ask.digests.rule, policyDigest: ask.digests.policy }),
    operations: ask.operations.map(plainOperation),
    request: {
      ...request,
      ...(body === undefined ? {} : { body }),
      ...(changes === undefined
        ? {}
        : {
            changes: {
              ...changes,
              files: changes.files.map((file) => ({ ...file, notes: [...file.notes] })),
            },
          }),
      ...(files === undefined ? {} : { files: files.map((file) => ({ ...file })) }),
    },
    findings: findings.map((finding) => ({ ...finding })),
    terms: termsView(approval),
    ...standingView(approval),
    you: rightsOf(approval, principal),
  };
}

/** Whether a caller may see an approval: its approvers, its requester, and those who may see all. */
export function maySee(
  { ask }: Approval,
  principal: Principal,
  viewers: readonly string[],
): boolean {
  const approver = approverOf(principal);
  const names = [...ask.terms.by, ...(ask.terms.breakGlass?.by ?? []), ...viewers];
  return approver.id === ask.requester.id || named(approver, names);
}

function rightsOf({ ask, standing }: Approval, principal: Principal): ApprovalView["you"] {
  const approver = approverOf(principal);
  const free =
    standing.state === "pending" &&
    !sameAsRequester(approver, ask.requester) &&
    !standing.says.some((say) => samePerson(approver, say));
  return {
    mayDecide: free && named(approver, ask.terms.by),
    mayBreakGlass: free && named(approver, ask.terms.breakGlass?.by ?? []),
  };
}

function runView(run: Run | undefined, server: string) {
  if (run === undefined) return {};
  const path = `${run.repository}/actions/runs/${run.runId}/attempts/${run.runAttempt}`;
  return {
    actor: run.actor,
    repository: run.repository,
    ref: run.ref,
    workflow: run.workflowRef,
    environment: run.environment,
    run: run.runId,
    ...(/^[\w.-]+\/[\w.-]+\/actions\/runs\/\d+\/attempts\/\d+$/.test(path)
      ? { runUrl: `${server}/${path}` }
      : {}),
  };
}

function plainOperation({ protocol, name, access, resource, attributes }: Operation) {
  const shown = Object.entries(attributes).map(([key, value]) => [
    visible(key),
    typeof value === "string"
      ? visible(value)
      : typeof value === "object"
        ? value.map(visible)
        : value,
  ]);
  return {
    protocol,
    name,
    access,
    resource: visible(resource),
    attributes: Object.fromEntries(shown) as ApprovalView["operations"][number]["attributes"],
  };
}

function termsView({ ask: { terms } }: Approval): ApprovalView["terms"] {
  const { breakGlass, grants } = terms;
  return {
    by: [...terms.by],
    count: terms.count,
    reason: terms.reason,
    ...(breakGlass === undefined
      ? {}
      : {
          breakGlass: {
            by: [...breakGlass.by],
            count: breakGlass.count,
            seconds: breakGlass.within / 1000,
          },
        }),
    ...(grants === undefined
      ? {}
      : { grants: { scopes: [...grants.scopes], seconds: grants.upTo / 1000 } }),
  };
}

function standingView({ standing }: Approval) {
  const { grant, review, used, settledAt } = standing;
  return {
    says: standing.says.map(sayViewOf),
    askedAt: iso(standing.askedAt),
    expiresAt: iso(standing.expiresAt),
    ...(settledAt === undefined ? {} : { settledAt: iso(settledAt) }),
    ...(used === undefined ? {} : { used: { record: used.by, at: iso(used.at) } }),
    ...(grant === undefined
      ? {}
      : {
          grant: {
            scope: grant.scope,
            until: iso(grant.until),
            ...(grant.revoked === undefined
              ? {}
              : { revoked: { by: grant.revoked.by, at: iso(grant.revoked.at) } }),
          },
        }),
    ...(review === undefined
      ? {}
      : {
          review:
            review.done === undefined
              ? {}
              : { by: review.done.by, note: review.done.note, at: iso(review.done.at) },
        }),
  };
}

function sayViewOf({ by, verdict, reason, at, breakGlass, grant }: Say) {
  return {
    by,
    verdict,
    reason: visible(reason),
    at: iso(at),
    breakGlass,
    ...(grant === undefined ? {} : { grant: { scope: grant.scope, seconds: grant.within / 1000 } }),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
