import { afterEach, expect, test } from "vitest";
import { recordingMaskers } from "../../../src/assembly/recording-maskers.ts";
import { Secret } from "../../../src/base/secret.ts";
import type { Masker } from "../../../src/core/finding.ts";
import type { Happening } from "../../../src/core/recording.ts";
import { exactMasker } from "../../../src/detection/exact.ts";
import { Fields } from "../../../src/http/fields.ts";
import { ExchangeTap } from "../../../src/recording/exchange-tap.ts";
import { anOpening, recordingMasker } from "../../support/recordings.ts";

const secret = "a-credential-of-the-gateway";
const token = `gh${"p"}_${"aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5"}`;
let asked: string[] = [];
afterEach(() => {
  asked = [];
});

function watched(name: string, masker: Masker): Masker {
  return {
    open: (channel, report) => {
      asked.push(`${name} ${channel}`);
      return masker.open(channel, report);
    },
  };
}

const fingerprint = () => "0123456789";
const rules = watched("rules", recordingMasker);
const exact = watched("exact", exactMasker([new Secret(secret)], { fingerprint }));
const masks = recordingMaskers(() => exact, rules);

/** What is kept of an answer that those maskers have read. */
async function kept(answer: string, readBy: readonly Masker[]): Promise<string> {
  const pieces: Uint8Array[] = [];
  const opening = anOpening("ses_read");
  const sink = {
    begin: () => 0,
    entry: () => undefined,
    piece: (_exchange: number, _direction: string, _t: number, bytes: Uint8Array) => {
      pieces.push(bytes);
    },
    raw: () => undefined,
  };
  const parts = { store: { session: () => sink }, whenFull: "gap" as const, ...masks };
  const room = { take: () => true, give: () => undefined };
  const tap = new ExchangeTap(opening, { level: "full", raw: false }, parts, room);
  asked = [];
  const { at } = opening;
  const head: Happening = {
    kind: "responseHead",
    at,
    status: 200,
    fields: new Fields([]),
    own: false,
    body: { kind: "text", lens: (open) => open("body"), readBy },
  };
  tap.take(head);
  tap.take({ kind: "responseBody", at, chunk: Buffer.from(answer) });
  tap.take({ kind: "end", at, end: "completed" });
  await new Promise((resolve) => setImmediate(resolve));
  return Buffer.concat(pieces).toString();
}

test("what nobody has read is read by all for its recording", async () => {
  const text = await kept(`${secret} and ${token}`, []);
  expect(text).not.toContain(secret);
  expect(text).not.toContain(token);
});

test("what one has read is read by the others", async () => {
  const text = await kept(`${secret} and [REDACTED]`, [rules]);
  expect(text).not.toContain(secret);
  expect(asked).toEqual(["exact body"]);
});

test("a masker of other rules, or of other credentials, counts for nothing", async () => {
  const other = recordingMaskers(() => exact, rules).masker();
  const text = await kept(`${secret} and ${token}`, [other, recordingMasker]);
  expect(text).not.toContain(secret);
  expect(text).not.toContain(token);
  expect(asked).toEqual(["exact body", "rules body"]);
});

test("what all have read is kept as it is", async () => {
  expect(await kept("nothing in it", [rules, exact])).toBe("nothing in it");
  expect(asked).toEqual([]);
});
