import { readsLikeWords } from "./words.ts";

const words =
  /example|sample|placeholder|changeme|change[-_ ]me|redacted|dummy|your[-_ ]|my[-_ ]?(?:secret|password|token|key)|insert[-_ ]|replace|xxxx|\*\*\*|\.\.\.|0{6}|todo|fixme|test[-_]?(?:ing)?(?:key|token|secret|pass)|(?:password|token|secret|key)[-_ ](?:for|of|here|value|goes)[-_ ]/i;
const runs = /^(.)\1*$|(?:abcdef|ABCDEF|012345|12345678|fedcba|987654)|a-z0-9|A-Za-z|\[\^/;
const wrapped = /^(?:<.*>|\{.*\}|\$\{.*\}|\$\(.*\)|%.*%|\[.*\]|#\{.*\}|__.*__)$/s;
/** `refreshtoken123`, `0123secret`: it says what it would be, and counts. */
const named =
  /^[a-z0-9.]{0,8}[a-z]*(?:token|secret|jwt)0?123\d?$|^0?123\d?[a-z]*(?:token|secret|password|key)$/i;
/** What widely copied documentation shows: Telegram's and kubectl's. */
const shown = /ABC-DEF1234ghIkl-zyx57W2v1u123ew11|uXFGweU9l35qcif/;

/** What documentation puts where a secret would stand: `<token>`, `${TOKEN}`, `your-key`, `xxxx`. */
export function looksLikePlaceholder(value: string): boolean {
  return [words, runs, wrapped, named, shown].some((pattern) => pattern.test(value));
}

/** Whatever has its own meaning: variables, calls, paths, URLs, members of objects, types, numbers, dates, prefixes. */
const code: readonly RegExp[] = [
  /^[$@%&{<(]|[(){}<>]|^\/|:\/\/|^\.[a-z]|[.:]$/,
  /^(?:process|os|env|self|this|config|settings|secrets|vault|var|data|local|module)[.[]/,
  /^[A-Za-z_]+(?:\.[A-Za-z_]+)+$/,
  /^(?:bytes|bytearray|u?int\d*|float\d*|str|string|u?int\d+array)$/i,
  /^0x[0-9a-f]{1,8}$|^\d{4}-\d\d-\d\dT/i,
];
const names: readonly RegExp[] = [
  /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/,
  /^[a-z]+(?:[A-Z][a-z]+)+$/,
  /^[A-Za-z]+(?:[._-][A-Za-z]+)*$/,
  // With a version or an ordinal in them: `X-Aws-Ec2-Metadata-Token`, `github.com/acme/kit/v8/token`, `krb5KeyName`.
  /^[A-Za-z]+\d{0,2}(?:[._/-][A-Za-z]+\d{0,2}){2,}$/,
  /^[a-z]+\d{0,2}(?:[A-Z]{1,3}[a-z]{2,}\d{0,2})+$/,
];

/** A name, a path or code that says where the secret is, not the secret itself: `process.env.TOKEN`, `getToken()`. */
export function looksLikeReference(value: string): boolean {
  return (
    code.some((pattern) => pattern.test(value)) ||
    (readsLikeWords(value) && names.some((name) => name.test(value)))
  );
}

const common =
  /^(?:(?:my|your|the|new|old|user|db|test|some|auth|app)?[-_]?(?:pass(?:w(?:or)?d|phrase)?|pwd|secret|token|key|user(?:name)?|admin(?:istrator)?|root|guest|default|none|null|true|false|undefined|string|value|foo(?:bar)?|bar|baz|abc|xyz|demo|local(?:host)?|postgres|mysql|mongo|redis|rabbitmq|minio(?:admin)?|welcome|letmein|qwerty|hunter2)[-_]?\d{0,4}[!?]?)$/i;

/** A word that everybody uses where a password is asked for. */
export function isCommonWord(value: string): boolean {
  return common.test(value);
}
