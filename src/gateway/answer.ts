import { ok, type Result } from "../base/result.ts";
import type { Masker } from "../core/finding.ts";
import type { Operation } from "../core/operation.ts";
import type { Edits } from "../core/outcome.ts";
import type { ResponseHead } from "../http/message.ts";
import type { Lens } from "../protocols/protocol.ts";
import type { Arrival } from "./arrival.ts";
import { reachOfResponse } from "./opening.ts";
import { permits } from "./permits.ts";
import { type ReadableBody, unread } from "./readable-body.ts";
import { readableResponse } from "./readable-response.ts";
import type { Around } from "./release.ts";
import type { Watchers } from "./response-flow.ts";
import { restoring } from "./restoring.ts";
import { sealFor } from "./thinking.ts";

/** How an answer goes on. */
export interface Answer {
  readonly maskers: readonly Masker[];
  readonly body: ReadableBody;
  readonly watchers: Watchers;
}

/** Makes it ready; the error says why its body cannot be read, and then none of it may go on. */
export function answerOf(
  head: ResponseHead,
  end: boolean,
  arrival: Arrival,
  edits: Edits,
  { parts, ledger, watch }: Around,
): Result<Answer> {
  const denied = parts.credentialMasker();
  const maskers = [...(edits.responseMaskers ?? []), denied];
  const reading = (lens: Lens) => ledger.reading("response", lens);
  const could = (operation: Operation) => permits(parts, ledger.found, operation);
  const seal = sealFor(parts, arrival, ledger.found);
  const body = end ? unread : readableResponse(head, arrival, reading, could, seal, edits.thinking);
  if (!body.ok) return body;
  const meter = arrival.protocol.meter?.(head);
  const reach = watch.on ? reachOfResponse(head, arrival, maskers) : undefined;
  const last = restoring(head, arrival, edits.reversal, denied, ledger.report);
  return ok({ maskers, body: body.value, watchers: { meter, reach, last } });
}
