import type { Finding } from "../../../src/core/finding.ts";
import { fingerprinter } from "../../../src/detection/mark.ts";
import { createMasker } from "../../../src/detection/masker.ts";
import { compileRules } from "../../../src/detection/rule-set.ts";
import { defaultRules } from "../../../src/detection/rules/index.ts";
import { sample } from "../../../src/detection/rules/sample.ts";
import { channels } from "../../../src/gateway/channels.ts";
import type { Transform } from "../../../src/http/transform.ts";
import type { Lens } from "../../../src/protocols/protocol.ts";

export const fingerprint = fingerprinter(Buffer.from("a tenant's key"));
export const rules = compileRules(defaultRules);
export const masker = createMasker(rules, { fingerprint });

export interface Run {
  readonly out: Buffer;
  readonly findings: readonly Finding[];
}

/** Sends a body through a lens as the gateway does, cut at these offsets. */
export function run(lens: Lens, body: Uint8Array, cuts: readonly number[] = []): Run {
  const findings: Finding[] = [];
  const transform = lens(channels([masker], (finding) => findings.push(finding)));
  return { out: send(transform, body, cuts), findings };
}

/** The same without any quick look: what every fast path must agree with. */
export function runSlowly(lens: Lens, body: Uint8Array, cuts: readonly number[] = []): Run {
  const findings: Finding[] = [];
  const transform = lens((channel) => masker.open(channel, (finding) => findings.push(finding)));
  return { out: send(transform, body, cuts), findings };
}

export function send(transform: Transform, body: Uint8Array, cuts: readonly number[] = []): Buffer {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (body.length + 1)), body.length])];
  places.sort((a, b) => a - b);
  const out: Uint8Array[] = [];
  places.forEach((from, index) => {
    const to = places[index + 1];
    // A copy each time: whoever sends a chunk may use its memory again.
    if (to !== undefined)
      out.push(new Uint8Array(transform.write(new Uint8Array(body.subarray(from, to)))));
  });
  out.push(transform.flush());
  return Buffer.concat(out);
}

/** Every `size` bytes. */
export function every(size: number, body: Uint8Array): number[] {
  return Array.from({ length: Math.floor(body.length / size) }, (_, index) => (index + 1) * size);
}

/** A secret for each rule that is sure of its form. */
export const secrets = [
  sample("ghp_{alnum:36}"),
  sample("AKIA{base32:16}"),
  sample("sk-ant-api03-{word:93}AA"),
  sample("xoxb-{digits:11}-{digits:12}-{alnum:24}"),
  sample("glpat-{word:20}"),
  `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${sample("{word:43}")}`,
];
