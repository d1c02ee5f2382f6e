import { describe, expect, it } from "vitest";
import { generateKey, parseSigner, parseVerifier } from "../../../src/tlog/key.ts";
import { openNote, parseNote, signNote } from "../../../src/tlog/note.ts";

// The example of C2SP signed-note.
const vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const example =
  "This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
// The example of golang.org/x/mod/sumdb/note.
const peter = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

function verifier(text: string) {
  const parsed = parseVerifier(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function signer(text: string) {
  const parsed = parseSigner(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

describe("a signed note", () => {
  it("of the specification opens with its key", () => {
    expect(openNote(example, [verifier(vkey)])).toMatchObject({
      ok: true,
      value: { text: "This is an example message.\n" },
    });
  });

  it("of golang.org/x/mod comes out byte for byte", () => {
    const text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    expect(signNote(text, [signer(peter)])).toBe(
      `${text}\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`,
    );
  });

  it("is refused once a byte is changed, in text, name, key id or signature", () => {
    const known = [verifier(vkey)];
    for (let at = 0; at < example.length - 1; at++) {
      const other = example[at] === "A" ? "B" : "A";
      const changed = example.slice(0, at) + other + example.slice(at + 1);
      expect(openNote(changed, known).ok, `byte ${at}`).toBe(false);
    }
  });

  it("passes over unknown signatures and is spoilt by a wrong one of a known key", () => {
    const [a, b] = [signer(generateKey("log.test/a")), signer(generateKey("log.test/b"))];
    const note = signNote("text\n", [a, b]);
    expect(openNote(note, [b.verifier])).toMatchObject({
      ok: true,
      value: { by: [{ name: "log.test/b" }] },
    });
    const foreign = signNote("other\n", [b]).split("\n").at(-2);
    const spoilt = `${signNote("text\n", [a])}${foreign}\n`;
    expect(openNote(spoilt, [a.verifier, b.verifier])).toEqual({
      ok: false,
      error: "the signature of log.test/b is wrong",
    });
  });

  it.each([
    ["no blank line", "text\n"],
    ["no signature", "text\n\n"],
    ["a control character", `te\u0001xt${example}`],
    ["a line that is none", example.replace("\u2014", "-")],
    ["no newline at the end", example.slice(0, -1)],
  ])("is malformed with %s", (_, note) => {
    expect(parseNote(note).ok).toBe(false);
  });
});

describe("a key", () => {
  it("survives its spelling", () => {
    const text = generateKey("log.test/one");
    expect(signer(text).verifier.vkey).toMatch(/^log\.test\/one\+[0-9a-f]{8}\+/);
    expect(signer(`${text}\n`).verifier.vkey).toBe(signer(text).verifier.vkey);
  });

  it.each([
    ["nothing", ""],
    ["a changed id", vkey.replace("530d", "530e")],
    ["a changed name", vkey.replace("foo", "bar")],
    ["an unknown type", "a+00000000+/ekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"],
    ["a short key", vkey.slice(0, -4)],
  ])("is refused with %s", (_, text) => {
    expect(parseVerifier(text).ok).toBe(false);
    expect(parseSigner(`PRIVATE+KEY+${text}`).ok).toBe(false);
  });

  it("has no name with a space or a plus", () => {
    expect(() => generateKey("a b")).toThrow(TypeError);
    expect(() => generateKey("a+b")).toThrow(TypeError);
    expect(() => generateKey("")).toThrow(TypeError);
  });
});
