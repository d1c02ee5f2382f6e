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
  const { clean, cleanIfAny } = cleaner;
  const method = clean(intent.method);
  const path = clean(intent.path);
  const principal = intent.principal && keepActor(intent.principal, cleaner);
  const reason = cleanIfAny(intent.reason);
  const userAgent = cleanIfAny(intent.userAgent);
  const parent = cleanIfAny(intent.parent);
  const link = cleanIfAny(intent.link);
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
  const { clean, cleanIfAny } = new Cleaner(mask);
  const { model, coverage } = completion;
  const masks: Record<string, number> = {};
  for (const { rule } of completion.findings) masks[rule] = (masks[rule] ?? 0) + 1;
  const findings = completion.findings.slice(0, maxFindings).map((finding) => ({
    ...finding,
    channel: cut(clean(finding.channel), channelBytes),
  }));
  const upstreamRequestId = cleanIfAny(completion.upstreamRequestId);
  const recording = cleanIfAny(completion.recording);
  const entry: Members<CompletionEntry> = {
    at: completion.at,
    coverage: coverage && coverageEntry(coverage, clean),
    end: completion.end,
    findings,
    id: completion.id,
    masks,
    model: model && modelEntry(model, clean),
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
function modelEntry(model: ModelUse, clean: MaskText): ModelUse {
  const { name, responseId, finishReasons } = model;
  const count = (value: number | undefined) => (Number.isSafeInteger(value) ? value : undefined);
  const entry: Members<ModelUse> = {
    cacheReadTokens: count(model.cacheReadTokens),
    cacheWriteTokens: count(model.cacheWriteTokens),
    finishReasons: finishReasons?.slice(0, maxFinishReasons).map(clean),
    inputTokens: count(model.inputTokens),
    name: name === undefined ? undefined : clean(name),
    outputTokens: count(model.outputTokens),
    reasoningTokens: count(model.reasoningTokens),
    responseId: responseId === undefined ? undefined : clean(responseId),
  };
  return entry as ModelUse;
}

type CoverageEntry = NonNullable<Completion["coverage"]>;

function coverageEntry({ request, response }: CoverageEntry, clean: MaskText): CoverageEntry {
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
  let index = 0;
  for (const name of Object.keys(counts)) {
    const label = index < maxList ? cut(clean(name), labelBytes) : "other";
    kept[label] = (kept[label] ?? 0) + (counts[name] ?? 0);
    index += 1;
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

/** What is kept of each principal: the requests of a session all bring the same object. */
const actors: OncePer<Principal, Actor> = new WeakMap();

function keepActor(principal: Principal, cleaner: Cleaner): Actor {
  return cleaner.once(principal, actors, () => spelledOnce(actorOf(principal, cleaner.clean)));
}

function actorOf(principal: Principal, clean: MaskText): Actor {
  const commit = principal.claims["sha"];
  const id = clean(principal.id);
  const issuer = clean(principal.issuer);
  const subject = clean(principal.subject);
  const groups = principal.groups.slice(0, maxList).map(clean);
  const entry: Members<Actor> = {
    commit: typeof commit === "string" && commitId.test(commit) ? commit : undefined,
    groups,
    id,
    issuer,
    run: principal.run && runOf(principal.run, clean),
    subject,
  };
  return entry as Actor;
}

const commitId = /^[0-9a-f]{40,64}$/;

function runOf(run: Run, clean: MaskText): Run {
  return {
    actor: clean(run.actor),
    actorId: clean(run.actorId),
    environment: clean(run.environment),
    jobWorkflowRef: clean(run.jobWorkflowRef),
    ref: clean(run.ref),
    repository: clean(run.repository),
    repositoryId: clean(run.repositoryId),
    repositoryOwnerId: clean(run.repositoryOwnerId),
    runAttempt: clean(run.runAttempt),
    runId: clean(run.runId),
    workflowRef: clean(run.workflowRef),
  };
}

function keepOperations(operations: readonly Operation[], cleaner: Cleaner): readonly Operation[] {
  const kept: Operation[] = [];
  let left = allOperationsBytes;
  for (const operation of operations.slice(0, maxOperations)) {
    const entry = keepOperation(operation, cleaner.clean);
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

function keepOperation(operation: Operation, clean: MaskText): Operation {
  const name = clean(operation.name);
  const resource = clean(operation.resource);
  const attributes: Record<string, AttributeValue> = {};
  let left = operationBytes;
  let dropped = 0;
  for (const key of Object.keys(operation.attributes)) {
    if (left > 0) {
      const kept = keepValue(operation.attributes[key] as AttributeValue, clean);
      const label = clean(key);
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
    unknown: unknown?.slice(0, maxUnknown).map(clean),
  };
  return entry as Operation;
}

function keepValue(value: AttributeValue, clean: MaskText): AttributeValue {
  if (typeof value === "string") return clean(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "boolean") return value;
  return value.slice(0, maxList).map(clean);
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
