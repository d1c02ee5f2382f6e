import { expect, test } from "vitest";
import { attestation, attestedCommit, changeIn } from "../../../src/provenance/attestation.ts";
import { readChange } from "../../../src/provenance/change.ts";
import type { View } from "../../../src/provenance/changed-files.ts";
import { winnowed } from "../../../src/provenance/fingerprints.ts";
import { sealedBox, sealTo } from "../../../src/provenance/sealed.ts";

const before = "const one = first(1);\nconst two = second(2);\n";
const added = [
  "export function total(items: Item[], rate: number): number {",
  "  let sum = 0;",
  "  // what nobody may see: a word such as albatross",
  "  for (const item of items) sum += item.price * item.count;",
  '  if (sum < 0) throw new RangeError("a pelican below zero");',
  "  return Math.round(sum * (1 + rate));",
  "}",
].join("\n");
const blobs = new Map([
  ["1".repeat(40), before],
  ["2".repeat(40), `${before}${added}\n`],
]);
const view = {
  blob: async (id: string) => Buffer.from(blobs.get(id) ?? ""),
} as Partial<View> as View;

async function described() {
  const files = [{ path: "src/a.ts", before: "1".repeat(40), after: "2".repeat(40) }];
  const change = await readChange(view, files, winnowed);
  const known = new Set([...change.index.exact.hashes].slice(0, 2));
  const about = {
    commit: "a".repeat(40),
    message: "Add the total of kingfishers\n\nAssisted-by: Copilot:gpt-5\nReviewed-by: Mona",
    merge: false,
  };
  return { change, known, told: attestation(about, change, known) };
}

test("a job tells lines, ids, trailers and fingerprints, and no word of the source or the message", async () => {
  const { change, known, told } = await described();
  expect(attestedCommit.parse(JSON.parse(JSON.stringify(told)))).toEqual(told);
  expect(told.files).toMatchObject([{ path: "src/a.ts", added: [[3, 9]] }]);
  expect(told.trailers).toBe("Assisted-by: Copilot:gpt-5");
  const said = JSON.stringify(told);
  for (const word of ["albatross", "pelican", "kingfisher", "total", "price", "sum"])
    expect(said).not.toContain(word);
  const read = changeIn(told);
  expect(read.known).toEqual(known);
  expect(read.change.files).toEqual(change.files);
  for (const channel of ["exact", "abstract"] as const) {
    const [there, here] = [read.change.index[channel], change.index[channel]];
    expect(there.hashes).toEqual(here.hashes.toSorted((a, b) => a - b));
    for (const hash of here.hashes) expect(there.places(hash)).toEqual(here.places(hash));
  }
});

test.each([
  ["a range that ends before it begins", { added: [[9, 3]] }],
  ["a line that no file has", { added: [[1, 2 ** 40]] }],
  ["what is no id", { blob: "../../etc/passwd" }],
  ["a member of its own", { source: "const a = 1;" }],
])("what is told is not taken with %s", async (_what, wrong) => {
  const { told } = await described();
  const [file] = told.files;
  expect(attestedCommit.safeParse(told).success).toBe(true);
  const changed = { ...told, files: [{ ...file, ...wrong }] };
  expect(attestedCommit.safeParse(changed).success).toBe(false);
});

test("more lines than a commit may add are not taken", async () => {
  const { told } = await described();
  const [file] = told.files;
  const long = { ...file, added: [[1, 1024 * 1024]] };
  expect(attestedCommit.safeParse({ ...told, files: [long, long, long] }).success).toBe(false);
});

test("what is sealed to a key is opened with it alone, and only as it was", () => {
  const box = sealedBox(Buffer.from("a key"));
  const text = Buffer.from("fingerprints");
  const sealed = sealTo(box.publicKey, text);
  expect(Buffer.from(sealed).includes(text)).toBe(false);
  expect(Buffer.from(box.open(sealed) ?? "")).toEqual(text);
  expect(sealTo(box.publicKey, text)).not.toEqual(sealed);
  expect(sealedBox(Buffer.from("a key")).publicKey).toBe(box.publicKey);
  expect(sealedBox(Buffer.from("another key")).open(sealed)).toBeUndefined();
  for (const at of [0, 40, sealed.length - 1]) {
    const changed = Uint8Array.from(sealed, (byte, place) => (place === at ? byte ^ 1 : byte));
    expect(box.open(changed)).toBeUndefined();
  }
  expect(box.open(sealed.subarray(0, 20))).toBeUndefined();
});
