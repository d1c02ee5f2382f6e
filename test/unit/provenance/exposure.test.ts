import { expect, test } from "vitest";
import { exposureOf } from "../../../src/provenance/exposure.ts";

const finding = { rule: "github-token", fingerprint: "f1" };
const nothing = { findings: [], counts: {}, unread: {} };

test("secrets are counted once each, by what became of them, and what went unread by reason", () => {
  const found = exposureOf([
    { ...nothing, record: "1", at: 1, refused: false, unread: { opaque: 5 } },
    {
      ...{ record: "2", at: 2, refused: false, unread: { opaque: 2, "no rule asks": 1 } },
      findings: [finding, finding],
      counts: { "github-token": 5 },
    },
    {
      ...{ record: "3", at: 3, refused: true, unread: { opaque: 100 } },
      findings: [finding, { ...finding, fingerprint: "f2" }],
      counts: { "github-token": 2 },
    },
  ]);
  expect(found).toEqual({
    exchanges: 3,
    secrets: [
      { ...finding, seen: 3, masked: 2, refused: 1, records: ["2", "3"] },
      { ...finding, fingerprint: "f2", seen: 1, masked: 0, refused: 1, records: ["3"] },
    ],
    more: { "github-token": 3 },
    letThrough: { opaque: 7, "no rule asks": 1 },
  });
});

test("a session that met nothing", () => {
  expect(exposureOf([])).toEqual({ exchanges: 0, secrets: [], more: {}, letThrough: {} });
});
