import { Recent } from "../../base/recent.ts";
import { nameOf, type Operation, resourceOf } from "../../core/operation.ts";
import type { Completion, ModelUse } from "../../core/record.ts";
import type { Exchange } from "../record/exchange.ts";
import type { Actor, IntentEntry } from "../record/record.ts";
import { type Attributes, maxAttributes, names, type SpanValue } from "./attributes.ts";
import { Draft } from "./draft.ts";

/**
 * What the span of an exchange says besides who asked, standard names first; of both at most 64 values, of at most 1 KiB.
 */
export function exchangeAttributes(exchange: Exchange, actor: Attributes): Attributes {
  const { intent, completion } = exchange;
  const draft = new Draft(maxAttributes - actor.length);
  addHttp(draft, exchange);
  addGenAi(draft, exchange);
  draft.add(names.recordId, intent.id);
  draft.add(names.decision, intent.decision);
  draft.add(names.rule, joined(intent.rules));
  draft.add(names.ruleObserved, joined(intent.observed));
  addOperations(draft, intent);
  draft.add(names.connection, intent.connection?.name);
  draft.add(names.session, intent.session);
  draft.add(names.policyDigest, intent.policyDigest);
  draft.add(names.maskCount, sum(completion?.masks));
  draft.add(names.maskRules, joined(Object.keys(completion?.masks ?? {})));
  draft.add(names.maskReplaced, completion?.placeholders?.replaced);
  draft.add(names.maskRestored, completion?.placeholders?.restored);
  addCoverage(draft, completion?.coverage);
  draft.add(names.approval, intent.approval);
  draft.add(names.recording, completion?.recording);
  draft.add(names.reason, intent.reason);
  draft.add(names.end, completion?.end ?? "lost");
  draft.add(names.replica, exchange.replica);
  draft.add(names.logIndex, exchange.index);
  draft.add(names.upstreamRequestId, completion?.upstreamRequestId);
  draft.add(names.clientTraceparent, intent.link);
  return draft.all();
}

/** Cuts long values and drops what is undefined, empty, or beyond the 64th name. */
export function bounded(
  values: readonly (readonly [name: string, value: SpanValue | undefined])[],
): Attributes {
  const draft = new Draft();
  for (const [name, value] of values) draft.add(name, value);
  return draft.all();
}

const knownMethods = "CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE QUERY".split(" ");

function addHttp(draft: Draft, exchange: Exchange): void {
  const { intent, completion } = exchange;
  const known = knownMethods.includes(intent.method);
  const upstream = upstreamOf(intent.connection?.upstream);
  draft.add(names.requestMethod, known ? intent.method : "_OTHER");
  draft.add(names.requestMethodOriginal, known ? undefined : intent.method);
  draft.add(names.path, intent.path);
  draft.add(names.scheme, "https");
  draft.add(names.responseStatus, completion?.status);
  draft.add(names.requestSize, completion?.requestBytes);
  draft.add(names.responseSize, completion?.responseBytes);
  draft.add(names.serverAddress, upstream?.hostname);
  draft.add(names.serverPort, upstream === undefined ? undefined : portOf(upstream));
  draft.add(names.userAgent, intent.userAgent);
  draft.add(names.errorType, errorOf(exchange));
}

/** What kind of failure the exchange ended in, if it did. */
export function errorOf({
  intent,
  completion,
}: Pick<Exchange, "intent" | "completion">): string | undefined {
  if (intent.decision === "error") return "gateway";
  if (completion === undefined) return "lost";
  if (completion.end === "aborted") return "aborted";
  const { status } = completion;
  return status !== undefined && status >= 500 ? String(status) : undefined;
}

/** Upstreams of late: they are as many as there are connections. */
const upstreams = new Recent<URL | null>(256);

function upstreamOf(text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  return upstreams.take(text, (url) => URL.parse(url)) ?? undefined;
}

function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "http:" ? 80 : 443;
}

function addGenAi(draft: Draft, { intent, completion }: Exchange): void {
  const model = intent.operations.find((operation) => operation.name === "model.call");
  const tool = intent.operations.find((operation) => operation.protocol === "mcp");
  if (tool !== undefined) {
    const called = textOf(tool, "tool");
    draft.add(names.mcpMethod, called === undefined ? tool.name : "tools/call");
    draft.add(names.genAiTool, called);
    if (model === undefined && called !== undefined)
      draft.add(names.genAiOperation, "execute_tool");
  }
  if (model === undefined) return;
  draft.add(names.genAiOperation, "chat");
  draft.add(names.genAiProvider, "github.copilot");
  draft.add(names.genAiRequestModel, textOf(model, "model"));
  if (completion?.model !== undefined) addUsage(draft, completion.model);
}

function addUsage(draft: Draft, model: ModelUse): void {
  draft.add(names.genAiResponseModel, model.name);
  draft.add(names.genAiResponseId, model.responseId);
  draft.add(names.genAiFinishReasons, model.finishReasons);
  draft.add(names.genAiInputTokens, model.inputTokens);
  draft.add(names.genAiOutputTokens, model.outputTokens);
  draft.add(names.genAiCacheReadTokens, model.cacheReadTokens);
  draft.add(names.genAiCacheWriteTokens, model.cacheWriteTokens);
  draft.add(names.genAiReasoningTokens, model.reasoningTokens);
}

function addOperations(draft: Draft, { operations, more }: IntentEntry): void {
  draft.add(names.operation, joined(operations.map(nameOf)));
  draft.add(names.operationCount, operations.length + (more?.count ?? 0));
  draft.add(names.access, joined(operations.map(accessOf)));
  draft.add(names.resource, joined(operations.map(resourceOf)));
}

function accessOf({ access }: Operation): string {
  return access;
}

/** Request and response together; by lens it is in the record. */
function addCoverage(draft: Draft, coverage: Completion["coverage"]): void {
  const { request, response } = coverage ?? {};
  if (request === undefined && response === undefined) return;
  draft.add(names.scannedBytes, sum(request?.scanned) + sum(response?.scanned));
  draft.add(names.unscannedBytes, sum(request?.unscanned) + sum(response?.unscanned));
  const reasons = Object.keys(request?.unscanned ?? {});
  draft.add(names.unscannedWhy, joined(reasons.concat(Object.keys(response?.unscanned ?? {}))));
}

function textOf(operation: Operation, name: string): string | undefined {
  const value = operation.attributes[name];
  return typeof value === "string" ? value : undefined;
}

/** What is told of those who asked of late: the records of a session all name one object. */
const actors = new WeakMap<Actor, Attributes>();

const nobody: Attributes = [];

/** What is told of who asked: the same list each time. */
export function attributesOf(actor: Actor | undefined): Attributes {
  if (actor === undefined) return nobody;
  const known = actors.get(actor);
  if (known !== undefined) return known;
  const attributes = actorAttributes(actor);
  actors.set(actor, attributes);
  return attributes;
}

function actorAttributes(actor: Actor): Attributes {
  const { run } = actor;
  const draft = new Draft();
  draft.add(names.userId, run?.actorId ?? actor.id);
  draft.add(names.userName, run?.actor ?? actor.subject);
  draft.add(names.userRoles, actor.groups);
  draft.add(names.principal, actor.id);
  draft.add(names.issuer, actor.issuer);
  if (run === undefined) return draft.all();
  const [owner, repository] = run.repository.split("/");
  draft.add(names.pipelineName, run.workflowRef);
  draft.add(names.pipelineRunId, run.runId);
  draft.add(names.vcsProvider, "github");
  draft.add(names.vcsOwner, owner);
  draft.add(names.vcsRepository, repository);
  draft.add(names.vcsRefName, run.ref.replace(/^refs\/(heads|tags)\//, ""));
  draft.add(names.vcsRefType, run.ref.startsWith("refs/tags/") ? "tag" : "branch");
  draft.add(names.vcsRevision, actor.commit);
  draft.add(names.runAttempt, run.runAttempt);
  draft.add(names.environment, run.environment);
  draft.add(names.jobWorkflow, run.jobWorkflowRef);
  return draft.all();
}

function joined(values: readonly string[]): string {
  return values.length < 2 ? (values[0] ?? "") : [...new Set(values)].join(",");
}

function sum(counts: Readonly<Record<string, number>> | undefined): number {
  let total = 0;
  for (const name of Object.keys(counts ?? {})) total += counts?.[name] ?? 0;
  return total;
}
