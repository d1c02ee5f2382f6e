import type { Masker } from "../core/finding.ts";
import { pipe } from "../http/transform.ts";
import type { TapParts } from "../recording/sink.ts";

/** What masks a recording: the credentials of late and the rules, together or but for what has been looked for already. */
export function recordingMaskers(
  exact: () => Masker,
  rules: Masker,
): Required<Pick<TapParts, "masker" | "maskerBut">> {
  let last: { readonly exact: Masker; readonly both: Masker } | undefined;
  const masker = (): Masker => {
    const now = exact();
    if (last?.exact !== now) last = { exact: now, both: both(now, rules) };
    return last.both;
  };
  return {
    masker,
    maskerBut: (readBy) => {
      const first = exact();
      if (!readBy.includes(first)) return readBy.includes(rules) ? first : masker();
      return readBy.includes(rules) ? undefined : rules;
    },
  };
}

function both(first: Masker, second: Masker): Masker {
  return {
    open: (channel, report) => pipe([first.open(channel, report), second.open(channel, report)]),
    clean: (channel, text, lasting) =>
      first.clean?.(channel, text, lasting) === true &&
      second.clean?.(channel, text, lasting) === true,
  };
}
