import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { parseConfig } from "../../../src/config/config.ts";
import { configSchema } from "../../../src/config/schema.ts";

const keys = fc.constantFrom(...Object.keys(configSchema("/").shape), "name", "hosts", "__proto__");
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom("10m", "env:A", "file:x", "git", "https://a.example", "127.0.0.1:0", "unix:x"),
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.dictionary(keys, tie("any"), { maxKeys: 4 }),
  ),
})).any;

test("whatever the text, a config is read or every mistake has a place in it; nothing throws", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        value.map((given) => stringify(given)),
      ),
      (text) => {
        const lines = text.split("\n").length;
        const config = parseConfig(text, "c.yaml", "/srv");
        if (config.ok) return;
        expect(config.error.length).toBeGreaterThan(0);
        for (const { line, column } of config.error) {
          expect(line).toBeGreaterThan(0);
          expect(line).toBeLessThanOrEqual(lines + 1);
          expect(column).toBeGreaterThan(0);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("no message repeats a value, which may be a secret", () => {
  const secret = `s3cr3t${"x".repeat(20)}`;
  const places = [
    `credentials: [{ name: a, source: { env: "${secret}!" }, scheme: ${secret} }]`,
    `state: { kind: redis, url: "redis://u:${secret}@h", password: ${secret} }`,
    `connections: [{ name: "${secret} ", kind: ${secret}, hosts: ["${secret}/"], upstream: "https://${secret}@h/" }]`,
    `approvals: { hold: ${secret} }\nlimits: { body: ${secret} }\npolicy: [${secret}]`,
    `audit: { otlp: { url: "http://h", headers: { authorization: ${secret} } } }`,
    `tls: { certificate: ${secret}, key: ${secret} }\nlisten: { proxy: ${secret} }`,
    `a: "${secret}\na: "`,
  ];
  for (const text of places) {
    const config = parseConfig(text, "c.yaml", "/srv");
    expect(config.ok).toBe(false);
    expect(JSON.stringify(config)).not.toContain("s3cr3t");
  }
});
