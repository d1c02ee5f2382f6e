import { createHash } from "node:crypto";
import type { AttributeValue, Operation } from "../../core/operation.ts";
import type { Principal, Run } from "../../core/principal.ts";
import type { Act, Completion, Coverage, Intent, ModelUse } from "../../core/record.ts";
import { Cleaner, type MaskText } from "./cleaner.ts";
import { cut } from "./cut.ts";
import type { Actor, CompletionEntry, IntentEntry } from "./record.ts";

const maxOperations = 256;
const maxFindings = 512;
const maxList = 64;
const channelBytes = 256;
const labelBytes = 64;
const maxFinishReasons = 8;
const operationBytes = 16 << 10;
const allOperationsBytes = 128 << 10;

/** The intent as it may be kept: every text that the client had a hand in is masked, well-formed and at most 1 KiB. */
export function intentEntry(intent: Intent, mask: MaskText): IntentEntry {
  const cleaner = new Cleaner(mask);
  const { clean } = cleaner;
  const { principal, operations, ...rest } = intent;
  const { reason, userAgent, parent, link } = rest;
  const entry = {
    ...rest,
    method: clean(rest.method),
    path: clean(rest.path),
    ...(principal === undefined ? {} : { principal: actorOf(principal, clean) }),
    ...(reason === undefined ? {} : { reason: clean(reason) }),
    ...(userAgent === undefined ? {} : { userAgent: clean(userAgent) }),
    ...(parent === undefined ? {} : { parent: clean(parent) }),
    ...(link === undefined ? {} : { link: clean(link) }),
  };
  // Last, because they may use up what is left.
  const kept = keepOperations(operations, cleaner);
  const more = operations.slice(kept.length);
  return { ...entry, operations: kept, ...(more.length > 0 ? { more: remainder(more) } : {}) };
}

/** The completion as it may be kept: findings counted by rule, the first 512 of them one by one. */
export function completionEntry(completion: Completion, mask: MaskText): CompletionEntry {
  const { clean } = new Cleaner(mask);
  const { upstreamRequestId, recording, model, coverage } = completion;
  const masks: Record<string, number> = {};
  for (const { rule } of completion.findings) masks[rule] = (masks[rule] ?? 0) + 1;
  return {
    ...completion,
    findings: completion.findings.slice(0, maxFindings).map((finding) => ({
      ...finding,
      channel: cut(clean(finding.channel), channelBytes),
    })),
    masks,
    ...(upstreamRequestId === undefined ? {} : { upstreamRequestId: clean(upstreamRequestId) }),
    ...(recording === undefined ? {} : { recording: clean(recording) }),
    ...(model === undefined ? {} : { model: modelEntry(model, clean) }),
    ...(coverage === undefined ? {} : { coverage: coverageEntry(coverage, clean) }),
  };
}

/** What a model's answer claimed of itself: texts of the upstream's, and counts that must be counts. */
function modelEntry(model: ModelUse, clean: MaskText): ModelUse {
  const { name, responseId, finishReasons, ...counts } = model;
  const sound = Object.entries(counts).filter(([, count]) => Number.isSafeInteger(count));
  return {
    ...Object.fromEntries(sound),
    ...(name === undefined ? {} : { name: clean(name) }),
    ...(responseId === undefined ? {} : { responseId: clean(responseId) }),
    ...(finishReasons === undefined
      ? {}
      : { finishReasons: finishReasons.slice(0, maxFinishReasons).map(clean) }),
  };
}

function coverageEntry(
  { request, response }: NonNullable<Completion["coverage"]>,
  clean: MaskText,
): NonNullable<Completion["coverage"]> {
  const kept = ({ scanned, unscanned }: Coverage): Coverage => ({
    scanned: countsOf(scanned, clean),
    unscanned: countsOf(unscanned, clean),
  });
  return {
    ...(request === undefined ? {} : { request: kept(request) }),
    ...(response === undefined ? {} : { response: kept(response) }),
  };
}

/** The counts by name; what has no room of its own is counted under `other`. */
function countsOf(
  counts: Readonly<Record<string, number>>,
  clean: MaskText,
): Readonly<Record<string, number>> {
  const kept: Record<string, number> = {};
  for (const [index, [name, count]] of Object.entries(counts).entries()) {
    const label = index < maxList ? cut(clean(name), labelBytes) : "other";
    kept[label] = (kept[label] ?? 0) + count;
  }
  return kept;
}

/** The act as it may be kept. */
export function actEntry(act: Act, mask: MaskText): Act {
  const { clean } = new Cleaner(mask);
  return {
    action: clean(act.action),
    actor: clean(act.actor),
    subject: clean(act.subject),
    outcome: act.outcome,
    ...(act.detail === undefined ? {} : { detail: clean(act.detail) }),
  };
}

function actorOf(principal: Principal, clean: MaskText): Actor {
  const commit = principal.claims["sha"];
  return {
    id: clean(principal.id),
    issuer: clean(principal.issuer),
    subject: clean(principal.subject),
    groups: principal.groups.slice(0, maxList).map(clean),
    ...(principal.run === undefined ? {} : { run: runOf(principal.run, clean) }),
    ...(typeof commit === "string" && /^[0-9a-f]{40,64}$/.test(commit) ? { commit } : {}),
  };
}

function runOf(run: Run, clean: MaskText): Run {
  return {
    repository: clean(run.repository),
    repositoryId: clean(run.repositoryId),
    repositoryOwnerId: clean(run.repositoryOwnerId),
    runId: clean(run.runId),
    runAttempt: clean(run.runAttempt),
    actor: clean(run.actor),
    actorId: clean(run.actorId),
    workflowRef: clean(run.workflowRef),
    jobWorkflowRef: clean(run.jobWorkflowRef),
    environment: clean(run.environment),
    ref: clean(run.ref),
  };
}

function keepOperations(operations: readonly Operation[], cleaner: Cleaner): readonly Operation[] {
  const kept: Operation[] = [];
  let left = allOperationsBytes;
  for (const operation of operations.slice(0, maxOperations)) {
    const entry = keepOperation(operation, cleaner.clean);
    left -= JSON.stringify(entry).length;
    if (left < 0 || cleaner.exhausted()) break;
    kept.push(entry);
  }
  return kept;
}

/** Names of attributes that could not be told; there are not many attributes. */
const maxUnknown = 16;

function keepOperation(operation: Operation, clean: MaskText): Operation {
  const name = clean(operation.name);
  const resource = clean(operation.resource);
  const attributes: Record<string, AttributeValue> = {};
  let left = operationBytes;
  let dropped = 0;
  for (const [key, value] of Object.entries(operation.attributes)) {
    if (left > 0) {
      const kept = keepValue(value, clean);
      const label = clean(key);
      left -= JSON.stringify([label, kept]).length;
      if (left > 0) attributes[label] = kept;
    }
    if (left <= 0) dropped += 1;
  }
  if (dropped > 0) attributes["sallyport.dropped"] = dropped;
  const { protocol, access, unknown } = operation;
  const kept = unknown === undefined ? {} : { unknown: unknown.slice(0, maxUnknown).map(clean) };
  return { protocol, name, access, resource, attributes, ...kept };
}

function keepValue(value: AttributeValue, clean: MaskText): AttributeValue {
  if (typeof value === "string") return clean(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "boolean") return value;
  return value.slice(0, maxList).map(clean);
}

function remainder(operations: readonly Operation[]): { count: number; digest: string } {
  const hash = createHash("sha256");
  for (const { protocol, name, access, resource } of operations)
    hash.update(`${JSON.stringify([protocol, name, access, resource])}\n`);
  return { count: operations.length, digest: hash.digest("hex") };
}
