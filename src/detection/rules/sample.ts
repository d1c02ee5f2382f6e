const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const lower = upper.toLowerCase();
const digits = "0123456789";

const alphabets: ReadonlyMap<string, string> = new Map([
  ["alnum", upper + lower + digits],
  ["word", `${upper + lower + digits}_-`],
  ["base64", `${upper + lower + digits}+/`],
  ["base32", `${upper}234567`],
  ["upper", upper + digits],
  ["lower", lower + digits],
  ["letters", upper + lower],
  ["hex", `${digits}abcdef`],
  ["bech32", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"],
  ["digits", digits],
]);

/**
 * A made-up value of that form: `{alnum:36}` stands for 36 characters of that alphabet. The same form always gives
 * the same value, so that no source file has to hold a string that looks like a secret.
 */
export function sample(form: string): string {
  let state = [...form].reduce((hash, c) => (Math.imul(hash, 31) + c.charCodeAt(0)) >>> 0, 7);
  const pick = (alphabet: string) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return alphabet[(state >>> 8) % alphabet.length] ?? "";
  };
  return form.replace(/\{(\w+):(\d+)\}/g, (_, name: string, length: string) => {
    const alphabet = alphabets.get(name) ?? name;
    return Array.from({ length: Number(length) }, () => pick(alphabet)).join("");
  });
}

/** Examples for a rule, from forms. */
export function samples(secrets: readonly string[], harmless: readonly string[] = []) {
  return { secrets: secrets.map(sample), harmless: harmless.map(sample) };
}
