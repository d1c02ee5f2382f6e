/**
 * A placeholder: `masked-` and 20 hex digits. Nothing in it is special to JSON, URLs, headers, shells, YAML or Markdown,
 * it may be part of a host's or a file's name, and models copy it as they copy a commit's id. All have one length,
 * so that none can begin another.
 */
export const prefix = "masked-";
const digits = 20;
export const placeholderLength = prefix.length + digits;

const form = /masked-[0-9a-f]{20}/g;

/** The placeholder of a secret: the fingerprint that its finding has, and ten digits of the very bytes that it stands for. */
export function placeholderOf(finding: string, bytes: string): string {
  return `${prefix}${finding}${bytes}`;
}

/** The finding's fingerprint, as the placeholder has it. */
export function fingerprintIn(placeholder: string): string {
  return placeholder.slice(prefix.length, prefix.length + digits / 2);
}

/** Takes placeholders out of a value: they are no secrets. */
export function withoutPlaceholders(value: string): string {
  return value.includes(prefix) ? value.replace(form, "") : value;
}

/** Whether this is a placeholder and nothing else. */
export function isPlaceholder(bytes: Uint8Array): boolean {
  return (
    bytes.length === placeholderLength &&
    withoutPlaceholders(Buffer.from(bytes).toString("latin1")) === ""
  );
}
