import { describe, expect, it } from "vitest";
import { loadGitleaks } from "../../../src/detection/gitleaks.ts";
import { fingerprinter } from "../../../src/detection/mark.ts";
import { createMasker } from "../../../src/detection/masker.ts";
import { compileRules } from "../../../src/detection/rule-set.ts";

const toml = `
[extend]
useDefault = true

[allowlist]
regexes = ['''^EXAMPLE''']

[[rules]]
id = "acme-key"
regex = '''(?i)acme[_-]?key['"]?\\s*[:=]\\s*['"]?([a-z0-9]{16,40})(?:['"\\s;]|$)'''
entropy = 3
keywords = ["acme"]

[[rules]]
id = "numbered"
regex = '''\\b(nm)-([0-9a-f]{16})\\b'''
secretGroup = 2
  [[rules.allowlists]]
  stopwords = ["00000000"]

[[rules]]
id = "either-group"
regex = '''xa_([a-z]{8})(?:;|$)|xb_([0-9]{8})\\b'''

[[rules]]
id = "labelled"
regex = '''qq(?P<kind>aa|bb)[0-9]{12}'''

[[rules]]
id = "to-the-first-end"
regex = '''(?i)<<KEY[\\s\\S-]{8,}?KEY>>'''

[[rules]]
id = "whole-line"
regex = '''wl-([a-z0-9]{8})\\b'''
  [[rules.allowlists]]
  regexTarget = "line"
  regexes = ['''this is harmless$''']

[[rules]]
id = "counts-too-much"
regex = '''call[a-z0-9 -]{0,150}?x[a-z0-9 -]{0,150}--with ([0-9]{8,40})(?:\\s|\\z)'''

[[rules]]
id = "only-a-path"
path = '''\\.p12$'''

[[rules]]
id = "looks-ahead"
regex = '''(?=abc)abcdef'''

[[rules]]
id = "too-large"
regex = '''x[ab]{0,200}a[ab]{200}y'''
`;

describe("rules from a gitleaks.toml", () => {
  const loaded = loadGitleaks(toml);
  if (!loaded.ok) throw new Error(loaded.error);
  const masker = createMasker(compileRules(loaded.value.rules), {
    fingerprint: fingerprinter(Buffer.from("key")),
    strategy: "fixed",
  });
  const mask = (text: string, size = 1000) => {
    const transform = masker.open("0", () => undefined);
    const out: Uint8Array[] = [];
    for (let at = 0; at < text.length; at += size)
      out.push(transform.write(Buffer.from(text.slice(at, at + size))));
    return Buffer.concat([...out, transform.flush()]).toString();
  };

  it.each([
    ["masks the first group", "ACME_KEY='q8w7e6r5t4y3u2i1'", "ACME_KEY='[REDACTED]'"],
    ["asks for entropy", "acme_key=aaaaaaaabbbbbbbb", "acme_key=aaaaaaaabbbbbbbb"],
    ["masks the group that secretGroup names", "nm-0123456789abcdef", "nm-[REDACTED]"],
    ["heeds stopwords", "nm-0000000089abcdef", "nm-0000000089abcdef"],
    ["heeds the file's own allowlist", "acme_key=EXAMPLEq8w7e6r5t4", "acme_key=EXAMPLEq8w7e6r5t4"],
    ["masks whichever group comes first", "xa_abcdefgh;xb_01234567", "xa_[REDACTED];xb_[REDACTED]"],
    ["takes a named group for a label", "qqbb012345678901", "qqbb[REDACTED]"],
    [
      "ends a lazy match at the first end",
      "<<KEY 12345678 KEY>> and no KEY>>",
      "<<KEY[REDACTED] and no KEY>>",
    ],
    ["reads the line to its end", "wl-abcd1234: this is harmless", "wl-abcd1234: this is harmless"],
    [
      "waits no longer than the line",
      "wl-abcd1234\nthis is harmless",
      "wl-[REDACTED]\nthis is harmless",
    ],
    ["counts roughly where it must", "call x --with 01234567\n", "call x --with [REDACTED]\n"],
    [
      "goes on where a secret was none",
      "call x --with 0123 --with 01234567\n",
      "call x --with 0123 --with [REDACTED]\n",
    ],
  ])("%s", (_, text, masked) => {
    expect(mask(text)).toBe(masked);
    expect(mask(text, 1)).toBe(masked);
  });

  it("holds nothing of a context in which a secret has not begun", () => {
    const transform = masker.open("0", () => undefined);
    const out = transform.write(Buffer.from("call x --with 0123 --wi"));
    expect(Buffer.from(out).toString()).toBe("call x --with 0123 --wi");
  });

  it("says what it leaves out", () => {
    expect(loaded.value.rules.map((rule) => rule.id)).not.toContain("looks-ahead");
    expect(loaded.value.ignored.join("\n")).toMatch(
      /extend[\s\S]*counts-too-much[\s\S]*only-a-path[\s\S]*looks-ahead[\s\S]*too-large/,
    );
  });

  it("says why a file cannot be read", () => {
    expect(loadGitleaks("rules = 3")).toMatchObject({ ok: false });
    expect(loadGitleaks("[[rules")).toMatchObject({ ok: false });
  });
});
