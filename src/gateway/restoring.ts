import type { Finding, Masker } from "../core/finding.ts";
import type { Reversal } from "../core/reversal.ts";
import type { ResponseHead } from "../http/message.ts";
import { passThrough, pipe, type Transform } from "../http/transform.ts";
import { contentLens } from "../protocols/content-lens.ts";
import type { Arrival } from "./arrival.ts";

/**
 * Puts back into an answer what its session hid from whoever answers; undefined where there is nothing to put back.
 * What a model thinks stays as it wrote it, for it is signed; and what may never be given back is masked once more.
 */
export function restoring(
  head: ResponseHead,
  { head: request, protocol }: Pick<Arrival, "head" | "protocol">,
  reversal: Reversal | undefined,
  denied: Masker,
  report: (finding: Finding) => void,
): Transform | undefined {
  if (reversal === undefined || reversal.isEmpty) return undefined;
  const lens = protocol.responseLens?.(head, request) ?? contentLens(head.fields);
  if (lens === "opaque") return undefined;
  const isSigned = (channel: string): boolean =>
    protocol.signed !== undefined && /(^|\.)thinking$/.test(channel);
  const open = (channel: string): Transform =>
    isSigned(channel) ? passThrough : pipe([reversal.restore(), denied.open(channel, report)]);
  const clean = (channel: string, text: Uint8Array): boolean =>
    isSigned(channel) || !reversal.suspects(text);
  return lens(Object.assign(open, { clean }));
}
