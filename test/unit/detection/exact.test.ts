import { describe, expect, it } from "vitest";
import { Secret } from "../../../src/base/secret.ts";
import { exactMasker } from "../../../src/detection/exact.ts";
import { fingerprinter } from "../../../src/detection/mark.ts";
import { RuleError } from "../../../src/detection/rule-set.ts";

const fingerprint = fingerprinter(Buffer.from("a tenant's key"));
const value = 's3cr/et+va"lue é?&';
const masker = exactMasker([new Secret(value), new Secret("another-one")], {
  fingerprint,
  rule: "credential",
});
const mark = `[REDACTED:credential:${fingerprint(Buffer.from(value))}]`;

function mask(text: string, size = 1): string {
  const transform = masker.open("body", () => undefined);
  const bytes = Buffer.from(text);
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size)
    out.push(transform.write(bytes.subarray(at, at + size)));
  return Buffer.concat([...out, transform.flush()]).toString();
}

const utf8 = Buffer.from(value);
const percent = encodeURIComponent(value);

describe("the masker of given values", () => {
  it.each([
    ["as it is", value],
    ["in percent encoding", percent],
    ["in percent encoding with small letters", percent.replace(/%../g, (c) => c.toLowerCase())],
    ["in a form", new URLSearchParams({ a: value }).toString().slice(2)],
    ["in hex", utf8.toString("hex")],
    ["in capital hex", utf8.toString("hex").toUpperCase()],
    ["escaped for JSON", JSON.stringify(value).slice(1, -1)],
    ["escaped for JSON twice", JSON.stringify(JSON.stringify(value).slice(1, -1)).slice(1, -1)],
  ])("finds a value %s", (_, form) => {
    for (const size of [1, 3, 1000]) expect(mask(`x=${form};`, size)).toBe(`x=${mark};`);
  });

  it.each([0, 1, 2, 3])("finds it in base64 after %i bytes", (before) => {
    for (const alphabet of ["base64", "base64url"] as const) {
      const form = Buffer.from(`${"u:pw".slice(0, before)}${value} and more`).toString(alphabet);
      const masked = mask(form);
      expect(masked).toContain(mark);
      expect(Buffer.from(masked.replace(mark, ""), alphabet).toString("latin1")).not.toContain(
        "s3cr",
      );
    }
  });

  it("lets no byte of a value go while it may still be one", () => {
    const transform = masker.open("body", () => undefined);
    expect(Buffer.from(transform.write(Buffer.from("is another-o"))).toString()).toBe("is ");
    expect(Buffer.from(transform.write(Buffer.from("range"))).toString()).toBe("another-orange");
    expect(Buffer.from(transform.flush()).toString()).toBe("");
  });

  it("gives what it held when the text ends", () => {
    expect(mask("is another-on")).toBe("is another-on");
  });

  it("finds two that overlap and two that touch", () => {
    expect(mask(`${value}${value}`)).toBe(mark + mark);
  });

  it("refuses a value that stands everywhere", () => {
    expect(() => exactMasker([new Secret("abc")], { fingerprint })).toThrow(RuleError);
  });

  it("masks with as many stars, or with one word, where that is asked for", () => {
    const stars = exactMasker([new Secret("12345678")], { fingerprint, strategy: "stars" });
    const transform = stars.open("body", () => undefined);
    const out = Buffer.concat([transform.write(Buffer.from("a 12345678 b")), transform.flush()]);
    expect(out.toString()).toBe("a ******** b");
  });
});
