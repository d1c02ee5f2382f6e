import type { ApprovalView } from "../api/approval-view.ts";
import { visible } from "../approvals/visible.ts";

/** One line per approval. */
export function lineOf({ id, state, requester, operations, expiresAt }: ApprovalView): string {
  const what = operations.map(({ name, resource }) => `${name} ${resource}`).join(", ");
  return visible(`${id}  ${state.padEnd(9)}  ${requester.principal}  ${what}  until ${expiresAt}`);
}

/** Everything that an approver should read before a word is said. */
export function pageOf(approval: ApprovalView): readonly string[] {
  const { requester, request, terms, says } = approval;
  return [
    `${approval.id}: ${approval.state}`,
    `asked by    ${requester.principal}${requester.actor === undefined ? "" : ` (${requester.actor})`}`,
    ...(requester.runUrl === undefined ? [] : [`run         ${requester.runUrl}`]),
    `at          ${approval.askedAt}, until ${approval.expiresAt}`,
    `rule        ${approval.rule}: ${terms.count} of ${terms.by.join(", ")}, reason ${terms.reason}`,
    ...approval.operations.flatMap(({ name, resource, attributes }) => [
      `operation   ${name} on ${resource}`,
      ...Object.entries(attributes).map(([key, value]) => `            ${key}: ${value}`),
    ]),
    `request     ${request.method} ${request.authority} ${request.path} (${request.bytes} bytes)`,
    `findings    ${approval.findings.length === 0 ? "none" : approval.findings.map(({ rule, channel }) => `${rule} in ${channel}`).join(", ")}`,
    ...says.map(
      ({ by, verdict, reason, at }) =>
        `${verdict.padEnd(11)} ${by} at ${at}${reason === "" ? "" : `: ${reason}`}`,
    ),
    ...(request.body === undefined ? [] : ["", ...request.body.split("\n").map((l) => `  ${l}`)]),
    ...changesIn(request),
    ...(request.files ?? []).flatMap(({ path, text = "(cannot be shown)" }) => [
      "",
      `writes ${path}`,
      ...text.split("\n").map((l) => `  ${l}`),
    ]),
    ...(request.cut ? ["  (there is more that cannot be shown)"] : []),
  ].map((line) => visible(line));
}

function changesIn({ changes }: ApprovalView["request"]): readonly string[] {
  if (changes === undefined) return [];
  const { files, unlisted, complete } = changes;
  return [
    ...files.flatMap(({ path, ref, kind, diff, cut, notes }) => [
      "",
      `${kind.padEnd(11)} ${path}${ref === undefined ? "" : ` on ${ref}`}`,
      ...notes.map((note) => `  (${note})`),
      ...(diff === undefined || diff === "" ? [] : diff.split("\n").map((line) => `  ${line}`)),
      ...(cut ? ["  (there is more of it that is not shown)"] : []),
    ]),
    ...(unlisted === 0 ? [] : ["", `(${unlisted} more files change)`]),
    ...(complete ? [] : ["", "(other files may change: they cannot be told)"]),
  ];
}
