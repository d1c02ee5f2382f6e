import { Recent } from "../../base/recent.ts";
import type { Operation } from "../../core/operation.ts";
import type { Completion, ModelUse } from "../../core/record.ts";
import { cut } from "../record/cut.ts";
import type { Exchange } from "../record/exchange.ts";
import type { Actor } from "../record/record.ts";
import {
  type Attributes,
  maxAttributes,
  maxValueBytes,
  names,
  type SpanValue,
} from "./attributes.ts";

type Draft = readonly (readonly [name: string, value: SpanValue | undefined])[];

/** What the span of an exchange says, standard names first; at most 64 values of at most 1 KiB. */
export function exchangeAttributes(exchange: Exchange): Attributes {
  const { intent, completion } = exchange;
  return bounded([
    ...httpAttributes(exchange),
    ...genAiAttributes(exchange),
    ...(intent.principal === undefined ? [] : actorAttributes(intent.principal)),
    [names.recordId, intent.id],
    [names.decision, intent.decision],
    [names.rule, joined(intent.rules)],
    [names.ruleObserved, joined(intent.observed)],
    [names.operation, joined(intent.operations.map((operation) => operation.name))],
    [names.operationCount, intent.operations.length + (intent.more?.count ?? 0)],
    [names.access, joined(intent.operations.map((operation) => operation.access))],
    [names.resource, joined(intent.operations.map((operation) => operation.resource))],
    [names.connection, intent.connection?.name],
    [names.session, intent.session],
    [names.policyDigest, intent.policyDigest],
    [names.maskCount, sum(completion?.masks)],
    [names.maskRules, joined(Object.keys(completion?.masks ?? {}))],
    [names.maskReplaced, completion?.placeholders?.replaced],
    [names.maskRestored, completion?.placeholders?.restored],
    ...coverageAttributes(completion?.coverage),
    [names.approval, intent.approval],
    [names.recording, completion?.recording],
    [names.reason, intent.reason],
    [names.end, completion?.end ?? "lost"],
    [names.replica, exchange.replica],
    [names.logIndex, exchange.index],
    [names.upstreamRequestId, completion?.upstreamRequestId],
    [names.clientTraceparent, intent.link],
  ]);
}

/** Cuts long values and drops what is undefined, empty, or beyond the 64th name. */
export function bounded(draft: Draft): Attributes {
  const attributes: [string, SpanValue][] = [];
  for (const [name, value] of draft) {
    if (value === undefined || value === "" || attributes.length === maxAttributes) continue;
    attributes.push([name, shortened(value)]);
  }
  return attributes;
}

function shortened(value: SpanValue): SpanValue {
  if (typeof value === "string") return cut(value, maxValueBytes);
  if (typeof value === "number" || typeof value === "boolean") return value;
  return value.slice(0, 16).map((item) => cut(item, maxValueBytes / 16));
}

const knownMethods = "CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE QUERY".split(" ");

function httpAttributes(exchange: Exchange): Draft {
  const { intent, completion } = exchange;
  const known = knownMethods.includes(intent.method);
  const upstream = upstreamOf(intent.connection?.upstream);
  return [
    [names.requestMethod, known ? intent.method : "_OTHER"],
    [names.requestMethodOriginal, known ? undefined : intent.method],
    [names.path, intent.path],
    [names.scheme, "https"],
    [names.responseStatus, completion?.status],
    [names.requestSize, completion?.requestBytes],
    [names.responseSize, completion?.responseBytes],
    [names.serverAddress, upstream?.hostname],
    [names.serverPort, upstream === undefined ? undefined : portOf(upstream)],
    [names.userAgent, intent.userAgent],
    [names.errorType, errorOf(exchange)],
  ];
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

function genAiAttributes({ intent, completion }: Exchange): Draft {
  const model = intent.operations.find((operation) => operation.name === "model.call");
  const tool = intent.operations.find((operation) => operation.protocol === "mcp");
  const toolDraft: Draft =
    tool === undefined
      ? []
      : [
          [names.mcpMethod, textOf(tool, "tool") === undefined ? tool.name : "tools/call"],
          [names.genAiTool, textOf(tool, "tool")],
          [names.genAiOperation, textOf(tool, "tool") === undefined ? undefined : "execute_tool"],
        ];
  if (model === undefined) return toolDraft;
  return [
    ...toolDraft.filter(([name]) => name !== names.genAiOperation),
    [names.genAiOperation, "chat"],
    [names.genAiProvider, "github.copilot"],
    [names.genAiRequestModel, textOf(model, "model")],
    ...usageAttributes(completion?.model),
  ];
}

function usageAttributes(model: ModelUse | undefined): Draft {
  return [
    [names.genAiResponseModel, model?.name],
    [names.genAiResponseId, model?.responseId],
    [names.genAiFinishReasons, model?.finishReasons],
    [names.genAiInputTokens, model?.inputTokens],
    [names.genAiOutputTokens, model?.outputTokens],
    [names.genAiCacheReadTokens, model?.cacheReadTokens],
    [names.genAiCacheWriteTokens, model?.cacheWriteTokens],
    [names.genAiReasoningTokens, model?.reasoningTokens],
  ];
}

/** Request and response together; by lens it is in the record. */
function coverageAttributes(coverage: Completion["coverage"]): Draft {
  const sides = [coverage?.request, coverage?.response].filter((side) => side !== undefined);
  if (sides.length === 0) return [];
  const unscanned = sides.map((side) => side.unscanned);
  return [
    [names.scannedBytes, sides.reduce((total, side) => total + sum(side.scanned), 0)],
    [names.unscannedBytes, unscanned.reduce((total, side) => total + sum(side), 0)],
    [names.unscannedWhy, joined(unscanned.flatMap((side) => Object.keys(side)))],
  ];
}

function textOf(operation: Operation, name: string): string | undefined {
  const value = operation.attributes[name];
  return typeof value === "string" ? value : undefined;
}

function actorAttributes(actor: Actor): Draft {
  const { run } = actor;
  const common: Draft = [
    [names.userId, run?.actorId ?? actor.id],
    [names.userName, run?.actor ?? actor.subject],
    [names.userRoles, actor.groups],
    [names.principal, actor.id],
    [names.issuer, actor.issuer],
  ];
  if (run === undefined) return common;
  const [owner, repository] = run.repository.split("/");
  return [
    ...common,
    [names.pipelineName, run.workflowRef],
    [names.pipelineRunId, run.runId],
    [names.vcsProvider, "github"],
    [names.vcsOwner, owner],
    [names.vcsRepository, repository],
    [names.vcsRefName, run.ref.replace(/^refs\/(heads|tags)\//, "")],
    [names.vcsRefType, run.ref.startsWith("refs/tags/") ? "tag" : "branch"],
    [names.vcsRevision, actor.commit],
    [names.runAttempt, run.runAttempt],
    [names.environment, run.environment],
    [names.jobWorkflow, run.jobWorkflowRef],
  ];
}

function joined(values: readonly string[]): string {
  return values.length < 2 ? (values[0] ?? "") : [...new Set(values)].join(",");
}

function sum(counts: Readonly<Record<string, number>> | undefined): number {
  return Object.values(counts ?? {}).reduce((total, count) => total + count, 0);
}
