const words =
  /example|sample|placeholder|changeme|change[-_ ]me|redacted|dummy|your[-_ ]|my[-_ ]?(?:secret|password|token|key)|insert[-_ ]|replace|xxxx|\*\*\*|\.\.\.|0{6}|todo|fixme|test[-_]?(?:ing)?(?:key|token|secret|pass)/i;
const runs = /^(.)\1*$|(?:abcdef|ABCDEF|012345|123456789|fedcba|987654)/;
const wrapped = /^(?:<.*>|\{.*\}|\$\{.*\}|\$\(.*\)|%.*%|\[.*\]|#\{.*\}|__.*__)$/s;

/** What documentation puts where a secret would stand: `<token>`, `${TOKEN}`, `your-key`, `xxxx`. */
export function looksLikePlaceholder(value: string): boolean {
  return words.test(value) || runs.test(value) || wrapped.test(value);
}

/** A name, a path or code that says where the secret is, not the secret itself: `process.env.TOKEN`, `getToken()`. */
export function looksLikeReference(value: string): boolean {
  return (
    /^[$@%&{<(]|[(){}<>]|^\/|:\/\/|^(?:process|os|env|self|this|config|settings|secrets|vault|var|data|local|module)[.[]/.test(
      value,
    ) ||
    /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value) ||
    /^[a-z]+(?:[A-Z][a-z]+)+$/.test(value) ||
    /^[A-Za-z]+(?:[._-][A-Za-z]+)*$/.test(value)
  );
}

const common =
  /^(?:(?:my|your|the|new|old|user|db|test|some)?[-_]?(?:pass(?:w(?:or)?d|phrase)?|pwd|secret|token|key|user(?:name)?|admin(?:istrator)?|root|guest|default|none|null|true|false|undefined|string|value|foo(?:bar)?|bar|baz|demo|local(?:host)?|postgres|mysql|mongo|redis|rabbitmq|minio(?:admin)?|welcome|letmein|qwerty|hunter2)[-_]?\d{0,4}[!?]?)$/i;

/** A word that everybody uses where a password is asked for. */
export function isCommonWord(value: string): boolean {
  return common.test(value);
}
