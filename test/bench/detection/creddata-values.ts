import type { Label } from "./creddata.ts";

/** What is public of a token, or has a form that random characters would break. */
const structured =
  /^(?:A[3BCGIKNPRS][A-Z]{2}|AIza|1\/\/0|eyJ|gh[pousr]_|npm_|glsa_|xox|xapp-|ya29\.|[rsp]k_(?:live|test)_|whsec_|key-|S[ACNOPUX][A-Z2-7]{40})/;
const telling = /api|key|pass|pw[db]|(\w)\1{3}/i;

/**
 * The text as CredData publishes it: in place of each true value a made-up one of the same form, so that `banana` is a
 * password like any other. Values of more than one line and those with a structure of their own stay.
 */
export function withMadeUpValues(text: Buffer, labels: readonly Label[]): Buffer {
  const lines = text.toString().replace(/\r\n?/g, "\n").split("\n");
  const random = randomFrom(lines.length);
  const isPlain = ({ truth, from, to, start, end }: Label): boolean =>
    truth === "T" && from === to && start >= 0 && start < end;
  for (const { from, start, end, categories } of labels.filter(isPlain)) {
    const line = lines[from - 1] ?? "";
    const value = line.slice(start, end);
    if (structured.test(value)) continue;
    const isBasic = categories.some((name) => name.endsWith("Basic Authorization"));
    const made = isBasic ? basicLike(value, random) : madeUp(value, random);
    lines[from - 1] = line.slice(0, start) + made + line.slice(end);
  }
  return Buffer.from(lines.join("\n"));
}

type Random = (below: number) => number;

/** The same numbers in every run. */
function randomFrom(seed: number): Random {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
}

function madeUp(value: string, random: Random): string {
  for (let attempt = 0; attempt < 20; attempt++) {
    const made = oneLike(value, random);
    if (!telling.test(made)) return made;
  }
  return oneLike(value, random);
}

function oneLike(value: string, random: Random): string {
  const letters = /^[0-9a-f-]*$/i.test(value) ? 6 : 26;
  const from = (first: string, count: number) =>
    String.fromCharCode(first.charCodeAt(0) + random(count));
  return value.replace(/\\.|%[0-9a-f]{2}|[a-z]|[A-Z]|[0-9]/g, (piece) => {
    if (piece.length > 1) return piece;
    if (/[0-9]/.test(piece)) return from("0", 10);
    return /[a-z]/.test(piece) ? from("a", letters) : from("A", letters);
  });
}

function basicLike(value: string, random: Random): string {
  const decoded = Buffer.from(value, "base64").toString();
  if (!/^[\x20-\x7e]+$/.test(decoded)) return value;
  return Buffer.from(madeUp(decoded, random)).toString("base64").slice(0, value.length);
}
