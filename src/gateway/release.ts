import { ok, type Result } from "../base/result.ts";
import type { Masker } from "../core/finding.ts";
import type { Edits } from "../core/outcome.ts";
import type { Transform } from "../http/transform.ts";
import type { Lens } from "../protocols/protocol.ts";
import type { Arrival } from "./arrival.ts";
import { channels } from "./channels.ts";
import { type Hidden, requestMaskersOf } from "./hiding.ts";
import type { Ledger } from "./ledger.ts";
import type { Parts } from "./parts.ts";
import type { HeaderEdits } from "./phase.ts";
import { readableRequest } from "./readable-request.ts";
import { requestEdits } from "./request-edits.ts";
import { sealFor, unsealing } from "./thinking.ts";
import type { Watch } from "./watch.ts";

/** How a request goes on: its head, what rewrites its body, and what does so last, unseen by whoever watches. */
export interface Release {
  readonly edits: HeaderEdits;
  readonly transform: Transform | undefined;
  /** What the transform masks by. */
  readonly maskers: readonly Masker[];
  readonly last: Transform | undefined;
}

/** What an exchange is made of, for those who make its two halves ready. */
export interface Around {
  readonly parts: Parts;
  readonly ledger: Ledger;
  readonly watch: Watch;
}

/** Makes it ready; the error says why its body cannot be read, and then none of it may go on. */
export function releaseOf(
  arrival: Arrival,
  edits: Edits,
  hidden: Hidden | undefined,
  { parts, ledger, watch }: Around,
): Result<Release> {
  // Hidden already: what did it is not needed again, nor kept.
  const maskers = hidden === undefined ? requestMaskersOf(edits, parts.credentialMasker) : [];
  const same = (lens: Lens): Lens => lens;
  const reading = hidden === undefined ? (lens: Lens) => ledger.reading("request", lens) : same;
  const last = unsealing(arrival, sealFor(parts, arrival, ledger.found));
  const rewritten = hidden !== undefined || last !== undefined;
  const body = readableRequest(arrival, maskers, reading, rewritten);
  if (!body.ok) return body;
  const { lens, remove } = body.value;
  const report = watch.reporter("request", ledger.report);
  for (const finding of hidden?.findings ?? []) report(finding);
  return ok({
    edits: requestEdits(edits, remove),
    transform: hidden === undefined ? lens?.(channels(maskers, report)) : instead(hidden.body),
    maskers,
    last,
  });
}

/** Gives that body in the place of the one that goes through, at the same pace. */
function instead(body: Uint8Array): Transform {
  let sent = 0;
  return {
    write: ({ length }) => {
      const from = sent;
      sent += length;
      return body.subarray(from, sent);
    },
    flush: () => body.subarray(sent),
  };
}
