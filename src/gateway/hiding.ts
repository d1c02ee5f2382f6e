import { err, ok, type Result } from "../base/result.ts";
import type { Finding, Masker } from "../core/finding.ts";
import { type Edits, type Refuse, refuse, type Settled } from "../core/outcome.ts";
import type { Reversal } from "../core/reversal.ts";
import { concat } from "../http/transform.ts";
import { contentLens } from "../protocols/content-lens.ts";
import type { Lens } from "../protocols/protocol.ts";
import type { Arrival } from "./arrival.ts";
import { channels } from "./channels.ts";
import type { Ledger } from "./ledger.ts";
import type { Parts } from "./parts.ts";
import { readableRequest } from "./readable-request.ts";

type Wanted = Pick<Arrival, "head" | "protocol" | "parser" | "body">;

/** A body as it may go on, and what was found in it. */
export interface Hidden {
  readonly body: Uint8Array;
  readonly findings: readonly Finding[];
}

/** What masks a request: first what may never be given back, and last what its session hid before. */
export function requestMaskersOf(
  { requestMaskers = [], reversal }: Edits,
  denied: () => Masker,
): readonly Masker[] {
  if (reversal === undefined) return requestMaskers;
  const known = reversal.known();
  return [denied(), ...requestMaskers, ...(known === undefined ? [] : [known])];
}

/**
 * Hides what a rule wants to be had back, if there is such a rule: what is put away is durable before any of the request
 * goes on, and where it cannot be kept nothing does.
 */
export async function hide(
  settled: Settled,
  arrival: Wanted,
  { credentialMasker, fault }: Pick<Parts, "credentialMasker" | "fault">,
  ledger: Pick<Ledger, "reading">,
): Promise<{ readonly settled: Settled; readonly hidden: Hidden | undefined }> {
  if (settled.kind !== "proceed" || settled.edits.reversal === undefined)
    return { settled, hidden: undefined };
  const { reversal } = settled.edits;
  const maskers = requestMaskersOf(settled.edits, credentialMasker);
  const reading = (lens: Lens) => ledger.reading("request", lens);
  try {
    const hidden = await kept(arrival, reversal, maskers, reading);
    if (hidden.ok) return { settled, hidden: hidden.value };
    return { settled: unreadable(hidden.error), hidden: undefined };
  } catch (error) {
    fault("placeholders", error);
    const message =
      "Sallyport cannot keep what it would hide in this request. Nothing was forwarded.";
    return { settled: refuse("unavailable", message), hidden: undefined };
  }
}

/** A refusal of a request whose body cannot be read. */
export function unreadable(why: string): Refuse {
  return refuse("malformed", `The request was not forwarded: ${why}.`);
}

/**
 * The body with placeholders in the place of its secrets, once these are durable; undefined where it goes on as it comes,
 * and then what is new in it gets a mark.
 */
async function kept(
  arrival: Wanted,
  reversal: Reversal,
  maskers: readonly Masker[],
  reading: (lens: Lens) => Lens,
): Promise<Result<Hidden | undefined>> {
  const { body } = arrival;
  if (!body.readThrough || body.judged().length === 0) {
    reversal.close();
    return ok(undefined);
  }
  const hidden = hiddenBody(arrival, reversal, maskers, reading);
  if (!hidden.ok || (await reversal.keep())) return hidden;
  // There is no room for more of this session: what is new gets a mark.
  reversal.close();
  return hiddenBody(arrival, reversal, maskers, reading);
}

function hiddenBody(
  arrival: Wanted,
  reversal: Reversal,
  maskers: readonly Masker[],
  reading: (lens: Lens) => Lens,
): Result<Hidden | undefined> {
  const readable = readableRequest(arrival, maskers, reading);
  if (!readable.ok) return err(readable.error);
  const { lens } = readable.value;
  if (lens === undefined) return ok(undefined);
  const findings: Finding[] = [];
  const through = (read: Lens, text: Uint8Array, by: readonly Masker[]): Uint8Array => {
    const transform = read(channels(by, (finding) => findings.push(finding)));
    return concat([transform.write(text), transform.flush()]);
  };
  const hidden = through(lens, arrival.body.judged(), maskers);
  // What a rule has found once is hidden where no rule would find it, too: in a command, in what a tool printed.
  const fresh = reversal.fresh();
  const { head, protocol } = arrival;
  const plain = protocol.requestLens?.(head) ?? contentLens(head.fields);
  return ok({ body: fresh === undefined ? hidden : through(plain, hidden, [fresh]), findings });
}
