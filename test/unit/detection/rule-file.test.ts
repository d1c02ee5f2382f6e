import { expect, test } from "vitest";
import { parseRules } from "../../../src/detection/rule-file.ts";

const good = `rules:
  - id: acme-token
    pattern: '\\b(?<secret>acme_[a-z0-9]{16})\\b'
    entropy: 3
    examples: { secrets: [ "acme_4k9x0qz7m1w8p2ld" ], harmless: [ "acme_aaaaaaaaaaaaaaaa" ] }
`;

test("an operator's rules are read", () => {
  const rules = parseRules(good, "rules.yaml");
  expect(rules).toMatchObject({ ok: true, value: [{ id: "acme-token", entropy: 3 }] });
});

test.each([
  ["an unknown member", good.replace("entropy", "entropie"), /rules\.yaml:4:5: unknown key/],
  ["a pattern that is not RE2", good.replace("\\b(?<", "(?=x)(?<"), /rules\.yaml:3:14: rule acme/],
  [
    "one that can be empty",
    good.replace("acme_[a-z0-9]{16}", "[a-z]*"),
    /matches the empty string/,
  ],
  ["an example that it misses", good.replace("acme_4k9x", "amce_4k9x"), /:5:28: the rule does not/],
  [
    "a harmless one that it finds",
    good.replace("entropy: 3", "entropy: 0"),
    /:5:67: the rule takes/,
  ],
])("%s is told with its place", (_name, text, expected) => {
  const rules = parseRules(text, "rules.yaml");
  const problem = rules.ok ? undefined : rules.error[0];
  expect(`${problem?.file}:${problem?.line}:${problem?.column}: ${problem?.message}`).toMatch(
    expected,
  );
});
