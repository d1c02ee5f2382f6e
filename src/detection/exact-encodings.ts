/** Fewer characters of base64 say too little to be taken for the value. */
const shortestCore = 8;

/** Every form, as bytes, that a value may be written in; the value itself first, each form once. */
export function encodingsOf(value: Uint8Array): readonly Uint8Array[] {
  const bytes = Buffer.from(value);
  const text = bytes.toString("utf8");
  const forms = [
    bytes.toString("latin1"),
    ...[0, 1, 2].map((before) => base64Core(bytes, before)).flatMap(withUrlAlphabet),
    ...latin1([
      ...bothCases(bytes.toString("hex")),
      ...bothCases([...bytes].map((byte) => `%${hex(byte)}`).join("")),
      ...bothCases([...bytes].map((byte) => `\\x${hex(byte)}`).join("")),
      ...percentForms(bytes),
      ...jsonForms(text),
      htmlForm(text),
    ]),
  ];
  return [...new Set(forms)].map((form) => Uint8Array.from(Buffer.from(form, "latin1")));
}

/** The characters that these bytes alone decide, when `before` bytes (modulo 3) stand in front of them. */
function base64Core(bytes: Buffer, before: number): readonly string[] {
  const padded = Buffer.concat([Buffer.alloc(before), bytes]);
  const core = padded
    .toString("base64")
    .slice(Math.ceil((before * 8) / 6), Math.floor((padded.length * 8) / 6));
  return core.length < shortestCore ? [] : [core];
}

function withUrlAlphabet(cores: readonly string[]): readonly string[] {
  return cores.flatMap((core) => [core, core.replaceAll("+", "-").replaceAll("/", "_")]);
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** Hex digits in lower and in upper case; the `x` of an escape stays small. */
function bothCases(form: string): readonly string[] {
  return [form, form.toUpperCase().replaceAll("\\X", "\\x")];
}

/** What must be percent-encoded in a URL, in either case, for each idea of what must (RFC 3986, forms). */
function percentForms(bytes: Buffer): readonly string[] {
  const encode = (keep: RegExp, upper: boolean) =>
    [...bytes]
      .map((byte) => {
        const character = String.fromCharCode(byte);
        if (keep.test(character)) return character;
        return upper ? `%${hex(byte).toUpperCase()}` : `%${hex(byte)}`;
      })
      .join("");
  const unreserved = /[A-Za-z0-9._~-]/;
  const component = /[A-Za-z0-9._~!*'()-]/;
  const form = /[A-Za-z0-9._*-]/;
  const forms = [unreserved, component, form].flatMap((keep) => [
    encode(keep, true),
    encode(keep, false),
  ]);
  return [...forms, ...forms.map((encoded) => encoded.replaceAll("%20", "+"))];
}

function jsonForms(text: string): readonly string[] {
  const escaped = JSON.stringify(text).slice(1, -1);
  const ascii = escaped.replace(/[^\0-\x7f]/g, unicodeEscape);
  const html = escaped.replace(/[<>&'+]/g, unicodeEscape);
  const twice = JSON.stringify(escaped).slice(1, -1);
  return [escaped, ascii, html, twice, escaped.replaceAll("/", "\\/")];
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function htmlForm(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

function latin1(forms: readonly string[]): readonly string[] {
  return forms.map((form) => Buffer.from(form, "utf8").toString("latin1"));
}
