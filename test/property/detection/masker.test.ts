import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultRules } from "../../../src/detection/rules/index.ts";
import { sample } from "../../../src/detection/rules/sample.ts";
import { every, masker, run, secrets, send } from "../http/lens-fixture.ts";

const plain = (open: Parameters<Parameters<typeof run>[0]>[0]) => open("0");
const examples = defaultRules.flatMap((rule) => rule.examples?.secrets ?? []);

const noise = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
  fc.constantFrom(
    'password: "',
    "token=",
    "Bearer ",
    "gh",
    "ghp_",
    "https://a:",
    "@b/",
    "\n",
    "\0",
    "[REDACTED:x:0123456789]",
    "ey",
    "eyJ",
    "-----BEGIN PRIVATE KEY-----\n",
    "🜚é",
  ),
);
const text = fc
  .array(fc.oneof({ weight: 2, arbitrary: noise }, fc.constantFrom(...examples)), { maxLength: 12 })
  .map((parts) => Buffer.from(parts.join(" ")));
const cuts = fc.array(fc.nat(), { maxLength: 40 });

describe("the masker", () => {
  it("gives the same output and findings however the text is cut", () => {
    fc.assert(
      fc.property(text, cuts, (body, places) => {
        const whole = run(plain, body);
        for (const cut of [places, every(1, body), every(3, body), every(17, body)]) {
          const inParts = run(plain, body, cut);
          expect(inParts.out.equals(whole.out)).toBe(true);
          expect(inParts.findings).toEqual(whole.findings);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("masks twice as it masks once", () => {
    fc.assert(
      fc.property(text, (body) => {
        const once = run(plain, body).out;
        expect(run(plain, once).out.toString()).toBe(once.toString());
      }),
      { numRuns: 200 },
    );
  });

  it("leaves every byte alone that no finding covers", () => {
    fc.assert(
      fc.property(text, (body) => {
        const { out, findings } = run(plain, body);
        let rest = out;
        let from = 0;
        for (const { offset, length, rule, fingerprint } of findings) {
          const between = body.subarray(from, offset);
          const mark = Buffer.from(`[REDACTED:${rule}:${fingerprint}]`);
          expect(rest.subarray(0, between.length + mark.length)).toEqual(
            Buffer.concat([trimmed(between, from), mark]),
          );
          rest = rest.subarray(between.length + mark.length);
          from = offset + length;
        }
        expect(rest.equals(body.subarray(from))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("lets no byte of a secret out before it is masked", () => {
    fc.assert(
      fc.property(fc.constantFrom(...secrets), fc.nat(200), (secret, lead) => {
        const body = Buffer.from(`${"some text ".repeat(20).slice(0, lead)} ${secret} and on`);
        const { findings } = run(plain, body);
        expect(findings).toHaveLength(1);
        const { offset = 0, length = 0 } = findings[0] ?? {};
        const transform = masker.open("0", () => undefined);
        let sent = 0;
        for (let at = 0; at < offset + length; at++) {
          sent += transform.write(body.subarray(at, at + 1)).length;
          expect(sent).toBeLessThanOrEqual(offset);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("masks a secret without an end in constant memory, and stops where it stops", () => {
    const transform = masker.open("0", () => undefined);
    const key = ["-----BEGIN RSA ", "PRIVATE KEY-----\n"].join("");
    const out = [transform.write(Buffer.from(key))];
    for (let line = 0; line < 20_000; line++)
      out.push(transform.write(Buffer.from(`${sample("{base64:64}")}\n`)));
    expect(transform.pending).toBeLessThan(20_000);
    out.push(transform.write(Buffer.from("-----END RSA")), transform.flush());
    expect(Buffer.concat(out).toString()).toMatch(
      /^-----BEGIN RSA PRIVATE KEY-----\n\[REDACTED:private-key:[0-9a-f]{10}\]\n-----END RSA$/,
    );
  });

  it("never holds more than it says, whatever comes", () => {
    fc.assert(
      fc.property(text, (body) => {
        const transform = masker.open("0", () => undefined);
        let taken = 0;
        for (const byte of body) {
          transform.write(Uint8Array.of(byte));
          taken++;
          expect(transform.pending).toBeLessThanOrEqual(Math.min(taken, 4096 + 512));
        }
      }),
      { numRuns: 100 },
    );
  });

  it("takes chunks whose memory is used again", () => {
    const shared = Buffer.alloc(8);
    const body = Buffer.from(`x ${secrets[0]} y`);
    const transform = masker.open("0", () => undefined);
    const out: Buffer[] = [];
    for (let at = 0; at < body.length; at += 8) {
      const chunk = shared.subarray(0, body.copy(shared, 0, at, at + 8));
      out.push(Buffer.from(transform.write(chunk)));
    }
    out.push(Buffer.from(transform.flush()));
    expect(Buffer.concat(out)).toEqual(
      send(
        masker.open("0", () => undefined),
        body,
      ),
    );
  });
});

/** A mark swallows the rest of the character that it ends in. */
function trimmed(between: Buffer, from: number): Buffer {
  if (from === 0) return between;
  const first = between.findIndex((byte) => byte < 0x80 || byte >= 0xc0);
  return first < 0 ? Buffer.alloc(0) : between.subarray(first);
}
