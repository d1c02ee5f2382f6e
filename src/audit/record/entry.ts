import { createHash } from "node:crypto";
import type { AttributeValue, Operation } from "../../core/operation.ts";
import type { Principal, Run } from "../../core/principal.ts";
import type { Act, Completion, Coverage, Intent, ModelUse } from "../../core/record.ts";
import { type Json, spelledOnce } from "./canonical.ts";
import { Cleaner, type MaskText, type OncePer } from "./cleaner.ts";
import { cut } from "./cut.ts";
import { jsonLength } from "./json-length.ts";
import type { Actor, CompletionEntry, IntentEntry } from "./record.ts";

const maxOperations = 256;
const maxFindings = 512;
const maxList = 64;
const channelBytes = 256;
const labelBytes = 64;
const maxFinishReasons = 8;
const operationBytes = 16 << 10;
const allOperationsBytes = 128 << 10;

/** Every member, in the order in which it is spelled; what is undefined counts as absent. */
type Members<Entry> = { readonly [Name in keyof Required<Entry>]: Entry[Name] | undefined };

/** The intent as it may be kept: every text that the client had a hand in is masked, well-formed and at most 1 KiB. */
export function intentEntry(intent: Intent, mask: MaskText): IntentEntry {
  const cleaner = new Cleaner(mask);
  const method = cleaner.clean(intent.method);
  const path = cleaner.clean(intent.path);
  const principal = intent.principal && keepActor(intent.principal, cleaner);
  const reason = cleaner.cleanIfAny(intent.reason);
  const userAgent = cleaner.cleanIfAny(intent.userAgent);
  const parent = cleaner.cleanIfAny(intent.parent);
  const link = cleaner.cleanIfAny(intent.link);
  // Last, because they may use up what is left.
  const operations = keepOperations(intent.operations, cleaner);
  const entry: Members<IntentEntry> = {
    approval: intent.approval,
    at: intent.at,
    connection: intent.connection && connectionOf(intent.connection),
    decision: intent.decision,
    id: intent.id,
    link,
    method,
    more: remainder(intent.operations, operations.length),
    observed: intent.observed,
    operations,
    parent,
    path,
    policyDigest: intent.policyDigest,
    principal,
    reason,
    rules: intent.rules,
    session: intent.session,
    userAgent,
  };
  return entry as IntentEntry;
}

type Connection = NonNullable<Intent["connection"]>;

function connectionOf({ kind, name, upstream }: Connection): Members<Connection> & Connection {
  return { kind, name, upstream };
}

/** The completion as it may be kept: findings counted by rule, the first 512 of them one by one. */
export function completionEntry(completion: Completion, mask: MaskText): CompletionEntry {
  const cleaner = new Cleaner(mask);
  const { model, coverage } = completion;
  const masks: Record<string, number> = {};
  for (const { rule } of completion.findings) masks[rule] = (masks[rule] ?? 0) + 1;
  const findings = completion.findings.slice(0, maxFindings).map((finding) => ({
    ...finding,
    channel: cut(cleaner.clean(finding.channel), channelBytes),
  }));
  const upstreamRequestId = cleaner.cleanIfAny(completion.upstreamRequestId);
  const recording = cleaner.cleanIfAny(completion.recording);
  const entry: Members<CompletionEntry> = {
    at: completion.at,
    coverage: coverage && coverageEntry(coverage, cleaner),
    end: completion.end,
    findings,
    id: completion.id,
    masks,
    model: model && modelEntry(model, cleaner),
    parkedFor: completion.parkedFor,
    placeholders: completion.placeholders,
    recording,
    requestBytes: completion.requestBytes,
    responseBytes: completion.responseBytes,
    scannedFor: completion.scannedFor,
    status: completion.status,
    upstreamAfter: completion.upstreamAfter,
    upstreamRequestId,
  };
  return entry as CompletionEntry;
}

/** What a model's answer claimed of itself: texts of the upstream's, and counts that must be counts. */
function modelEntry(model: ModelUse, cleaner: Cleaner): ModelUse {
  const { name, responseId, finishReasons } = model;
  const count = (value: number | undefined) => (Number.isSafeInteger(value) ? value : undefined);
  const entry: Members<ModelUse> = {
    cacheReadTokens: count(model.cacheReadTokens),
    cacheWriteTokens: count(model.cacheWriteTokens),
    finishReasons: finishReasons && cleaner.cleanAll(finishReasons.slice(0, maxFinishReasons)),
    inputTokens: count(model.inputTokens),
    name: name === undefined ? undefined : cleaner.clean(name),
    outputTokens: count(model.outputTokens),
    reasoningTokens: count(model.reasoningTokens),
    responseId: responseId === undefined ? undefined : cleaner.clean(responseId),
  };
  return entry as ModelUse;
}

type CoverageEntry = NonNullable<Completion["coverage"]>;

function coverageEntry({ request, response }: CoverageEntry, cleaner: Cleaner): CoverageEntry {
  const kept = ({ scanned, unscanned }: Coverage): Coverage => ({
    scanned: countsOf(scanned, cleaner),
    unscanned: countsOf(unscanned, cleaner),
  });
  return {
    ...(request === undefined ? {} : { request: kept(request) }),
    ...(response === undefined ? {} : { response: kept(response) }),
  };
}

/** The counts by name; what has no room of its own is counted under `other`. */
function countsOf(
  counts: Readonly<Record<string, number>>,
  cleaner: Cleaner,
): Readonly<Record<string, number>> {
  const kept: Record<string, number> = {};
  let index = 0;
  for (const name of Object.keys(counts)) {
    const label = index < maxList ? cut(cleaner.clean(name), labelBytes) : "other";
    kept[label] = (kept[label] ?? 0) + (counts[name] ?? 0);
    index += 1;
  }
  return kept;
}

/** The act as it may be kept. */
export function actEntry(act: Act, mask: MaskText): Act {
  const cleaner = new Cleaner(mask);
  return {
    action: cleaner.clean(act.action),
    actor: cleaner.clean(act.actor),
    subject: cleaner.clean(act.subject),
    outcome: act.outcome,
    ...(act.detail === undefined ? {} : { detail: cleaner.clean(act.detail) }),
  };
}

/** What is kept of each principal: the requests of a session all bring the same object. */
const actors: OncePer<Principal, Actor> = new WeakMap();

function keepActor(principal: Principal, cleaner: Cleaner): Actor {
  return cleaner.once(principal, actors, () => spelledOnce(actorOf(principal, cleaner)));
}

function actorOf(principal: Principal, cleaner: Cleaner): Actor {
  const commit = principal.claims["sha"];
  const id = cleaner.clean(principal.id);
  const issuer = cleaner.clean(principal.issuer);
  const subject = cleaner.clean(principal.subject);
  const groups = cleaner.cleanAll(principal.groups.slice(0, maxList));
  const entry: Members<Actor> = {
    commit: typeof commit === "string" && commitId.test(commit) ? commit : undefined,
    groups,
    id,
    issuer,
    run: principal.run && runOf(principal.run, cleaner),
    subject,
  };
  return entry as Actor;
}

const commitId = /^[0-9a-f]{40,64}$/;

function runOf(run: Run, cleaner: Cleaner): Run {
  return {
    actor: cleaner.clean(run.actor),
    actorId: cleaner.clean(run.actorId),
    environment: cleaner.clean(run.environment),
    jobWorkflowRef: cleaner.clean(run.jobWorkflowRef),
    ref: cleaner.clean(run.ref),
    repository: cleaner.clean(run.repository),
    repositoryId: cleaner.clean(run.repositoryId),
    repositoryOwnerId: cleaner.clean(run.repositoryOwnerId),
    runAttempt: cleaner.clean(run.runAttempt),
    runId: cleaner.clean(run.runId),
    workflowRef: cleaner.clean(run.workflowRef),
  };
}

function keepOperations(operations: readonly Operation[], cleaner: Cleaner): readonly Operation[] {
  const kept: Operation[] = [];
  let left = allOperationsBytes;
  for (const operation of operations.slice(0, maxOperations)) {
    const entry = keepOperation(operation, cleaner);
    // One always fits: its attributes are bounded, and so are its names.
    if (operations.length > 1) left -= jsonLength(entry as unknown as Json);
    if (left < 0 || cleaner.exhausted()) break;
    kept.push(entry);
  }
  return kept;
}

/** Names of attributes that could not be told; there are not many attributes. */
const maxUnknown = 16;

/** As a list of two, a name and a value have brackets and a comma around them. */
const pairMarks = 3;

function keepOperation(operation: Operation, cleaner: Cleaner): Operation {
  const name = cleaner.clean(operation.name);
  const resource = cleaner.clean(operation.resource);
  const attributes: Record<string, AttributeValue> = {};
  let left = operationBytes;
  let dropped = 0;
  for (const key of Object.keys(operation.attributes)) {
    if (left > 0) {
      const kept = keepValue(operation.attributes[key] as AttributeValue, cleaner);
      const label = cleaner.clean(key);
      left -= jsonLength(label) + jsonLength(kept) + pairMarks;
      if (left > 0) attributes[label] = kept;
    }
    if (left <= 0) dropped += 1;
  }
  if (dropped > 0) attributes["sallyport.dropped"] = dropped;
  const { protocol, access, unknown } = operation;
  const entry: Members<Operation> = {
    access,
    attributes,
    name,
    protocol,
    resource,
    unknown: unknown && cleaner.cleanAll(unknown.slice(0, maxUnknown)),
  };
  return entry as Operation;
}

function keepValue(value: AttributeValue, cleaner: Cleaner): AttributeValue {
  if (typeof value === "string") return cleaner.clean(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "boolean") return value;
  return cleaner.cleanAll(value.slice(0, maxList));
}

/** Those that are not kept, of which there may be none. */
function remainder(operations: readonly Operation[], kept: number): IntentEntry["more"] {
  if (kept === operations.length) return undefined;
  const hash = createHash("sha256");
  const more = operations.slice(kept);
  for (const { protocol, name, access, resource } of more)
    hash.update(`${JSON.stringify([protocol, name, access, resource])}\n`);
  return { count: more.length, digest: hash.digest("hex") };
}
