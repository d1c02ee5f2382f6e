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
  const mask = (text: string) => {
    const transform = masker.open("0", () => undefined);
    return Buffer.concat([transform.write(Buffer.from(text)), transform.flush()]).toString();
  };

  it.each([
    ["masks the first group", "ACME_KEY='q8w7e6r5t4y3u2i1'", "ACME_KEY='[REDACTED]'"],
    ["asks for entropy", "acme_key=aaaaaaaabbbbbbbb", "acme_key=aaaaaaaabbbbbbbb"],
    ["masks the group that secretGroup names", "nm-0123456789abcdef", "nm-[REDACTED]"],
    ["heeds stopwords", "nm-0000000089abcdef", "nm-0000000089abcdef"],
    ["heeds the file's own allowlist", "acme_key=EXAMPLEq8w7e6r5t4", "acme_key=EXAMPLEq8w7e6r5t4"],
  ])("%s", (_, text, masked) => {
    expect(mask(text)).toBe(masked);
  });

  it("says what it leaves out", () => {
    expect(loaded.value.rules.map((rule) => rule.id)).toEqual(["acme-key", "numbered"]);
    expect(loaded.value.ignored.join("\n")).toMatch(
      /extend[\s\S]*only-a-path[\s\S]*looks-ahead[\s\S]*too-large/,
    );
  });

  it("says why a file cannot be read", () => {
    expect(loadGitleaks("rules = 3")).toMatchObject({ ok: false });
    expect(loadGitleaks("[[rules")).toMatchObject({ ok: false });
  });
});
