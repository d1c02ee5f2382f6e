import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { beforeEach, expect, test } from "vitest";
import type { Act } from "../../../src/core/record.ts";
import { ageDecrypt, ageEncrypt } from "../../../src/recording/keys.ts";
import { type LockedKey, RawOpenings } from "../../../src/recording/raw-openings.ts";
import { readRaw } from "../../../src/recording/raw-reader.ts";
import type { Shelf } from "../../../src/recording/shelf.ts";
import { folderShelf } from "../../../src/recording/shelf-file.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { anOpening, openRecordingsIn } from "../../support/recordings.ts";

const secret = "the very bytes";
const ada = { id: "people:ada", names: ["people:ada", "ada"] };
const adaAgain = { id: "corp:ada", names: ["corp:ada", "ada"] };
const bob = { id: "people:bob", names: ["people:bob", "bob"] };
const eve = { id: "people:eve", names: ["people:eve", "eve"] };
const session = "ses_raw";

let shelf: Shelf;
let now: number;
let acts: Act[];
let auditDown: boolean;
let openings: RawOpenings;
let inner: string;
let outer: string;

beforeEach(async () => {
  const folder = await temporaryFolder();
  shelf = folderShelf(folder.path);
  [inner, outer] = [await generateX25519Identity(), await generateX25519Identity()];
  const locks = [await identityToRecipient(inner), await identityToRecipient(outer)];
  const rawKeys = {
    suffix: "age",
    wrap: async (key: Uint8Array) =>
      ageEncrypt(await ageEncrypt(key, locks.slice(0, 1)), locks.slice(1)),
    unwrap: async () => ({ ok: false, error: "never here" }) as const,
  };
  const { store, recorder } = await openRecordingsIn(shelf, { rawKeys });
  const opening = anOpening(session, { keep: { level: "full", raw: true } });
  const tap = recorder.open(opening);
  if (!tap.ok || tap.value === undefined) throw new Error("not recorded");
  const chunk = Buffer.from(secret);
  tap.value.take({ kind: "raw", at: opening.at + 5, direction: "request", chunk });
  tap.value.take({ kind: "end", at: opening.at + 6, end: "completed" });
  await new Promise((resolve) => setImmediate(resolve));
  await store.close();
  now = 1_000_000;
  acts = [];
  auditDown = false;
  openings = new RawOpenings({
    shelf,
    clock: { now: () => now, after: () => () => undefined },
    act: async (act) => {
      if (auditDown) throw new Error("the audit log takes nothing");
      acts.push(act);
    },
    open: 1000,
  });
});

async function unlocked(keys: readonly LockedKey[], identity: string): Promise<LockedKey[]> {
  const all: LockedKey[] = [];
  for (const { part, key } of keys) {
    const inside = await ageDecrypt(Buffer.from(key, "base64"), identity);
    if (!inside.ok) throw new Error(inside.error);
    all.push({ part, key: inside.value.toString("base64") });
  }
  return all;
}

async function begun(): Promise<void> {
  const step = await openings.ask(session, ada, "an incident");
  if (!step.ok) throw new Error(step.error);
  const halves = await unlocked(step.value.keys, outer);
  expect(await openings.unlock(session, ada, halves)).toMatchObject({ ok: true });
}

test("two people with an identity each read what neither can alone, and every step is an act", async () => {
  await begun();
  const step = await openings.ask(session, bob, "the same incident");
  if (!step.ok || step.value.step !== "read") throw new Error("not opened");
  const [key] = await unlocked(step.value.keys, inner);
  if (key === undefined) throw new Error("no key");
  expect(openings.mayRead(session, key.part, bob)).toBe(true);
  const chunks: Buffer[] = [];
  for await (const bytes of openings.read(session, key.part)) chunks.push(bytes);
  expect(Buffer.concat(chunks).includes(secret)).toBe(false);
  const opened = { session, part: key.part, key: Buffer.from(key.key, "base64") };
  const read = readRaw(opened, Buffer.concat(chunks));
  expect(read).toMatchObject({ ok: true, value: [{ direction: "request", exchange: 0 }] });
  expect(read.ok && read.value[0]?.bytes.toString()).toBe(secret);
  expect(acts.map(({ action, actor }) => [action, actor])).toEqual([
    ["recording.raw-ask", "people:ada"],
    ["recording.raw-unlock", "people:ada"],
    ["recording.raw-open", "people:bob"],
  ]);
  expect(acts[2]?.detail).toContain("with people:ada");
  // A changed bit opens nothing.
  const changed = Buffer.concat(chunks);
  changed[30] = (changed[30] ?? 0) ^ 1;
  expect(readRaw(opened, changed).ok).toBe(false);
});

test("one person under two names is one person", async () => {
  await begun();
  expect(await openings.ask(session, adaAgain, "me again")).toMatchObject({
    value: { step: "unlock" },
  });
  expect(acts.some(({ action }) => action === "recording.raw-open")).toBe(false);
});

test("a third gets nothing, and nobody does once the time is over", async () => {
  await begun();
  const step = await openings.ask(session, bob, "the same incident");
  if (!step.ok) throw new Error(step.error);
  const part = step.value.keys[0]?.part ?? "";
  expect(await openings.ask(session, eve, "curious")).toMatchObject({ ok: false });
  for (const one of [eve, ada]) expect(openings.mayRead(session, part, one)).toBe(false);
  now += 1001;
  expect(openings.mayRead(session, part, bob)).toBe(false);
  expect(await openings.ask(session, bob, "once more")).toMatchObject({
    value: { step: "unlock" },
  });
});

test("what cannot be written down is not done", async () => {
  await begun();
  auditDown = true;
  await expect(openings.ask(session, bob, "the same incident")).rejects.toThrow("takes nothing");
  auditDown = false;
  const part = (await shelf.names(`keys/${session}`)).find((name) => name.endsWith(".raw.age"));
  expect(openings.mayRead(session, part?.replace(/\.age$/, "") ?? "", bob)).toBe(false);
});

test("keys come back from who asked, all of them, and under a lock", async () => {
  const step = await openings.ask(session, ada, "an incident");
  if (!step.ok) throw new Error(step.error);
  const halves = await unlocked(step.value.keys, outer);
  expect(await openings.unlock(session, bob, halves)).toMatchObject({ ok: false });
  expect(await openings.unlock(session, ada, [])).toMatchObject({ ok: false });
  const bare = await unlocked(halves, inner);
  expect(await openings.unlock(session, ada, bare)).toMatchObject({ ok: false });
  expect(await openings.ask(session, bob, "too early")).toMatchObject({ ok: false });
});
