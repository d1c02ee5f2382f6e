import { Readable, Writable } from "node:stream";
import { expect, it } from "vitest";
import { fingerprinter } from "../../../src/detection/mark.ts";
import { maskStream } from "../../../src/detection/mask-stream.ts";
import { createMasker } from "../../../src/detection/masker.ts";
import { compileRules } from "../../../src/detection/rule-set.ts";
import { forgeRules } from "../../../src/detection/rules/forges.ts";
import { sample } from "../../../src/detection/rules/sample.ts";

it("copies a stream masked, and says what it found", async () => {
  const masker = createMasker(compileRules(forgeRules), {
    fingerprint: fingerprinter(Buffer.from("k")),
  });
  const token = sample("ghp_{alnum:36}");
  const out: Buffer[] = [];
  const to = new Writable({
    write(chunk: Buffer, _encoding, done) {
      out.push(Buffer.from(chunk));
      done();
    },
  });
  const from = Readable.from([
    Buffer.from("one "),
    Buffer.from(token.slice(0, 9)),
    Buffer.from(`${token.slice(9)} two`),
  ]);
  const { bytes, findings } = await maskStream(from, to, { masker });
  expect(Buffer.concat(out).toString()).toMatch(
    /^one ghp_\[REDACTED:github-token:[0-9a-f]{10}\] two$/,
  );
  expect(bytes).toBe(8 + token.length);
  expect(findings).toHaveLength(1);
});
