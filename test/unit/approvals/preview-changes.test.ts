import { describe, expect, test } from "vitest";
import { previewOf } from "../../../src/approvals/preview.ts";
import type { Content, FileChange } from "../../../src/core/change.ts";
import { someFacts } from "./house.ts";
import { wholeMasker } from "./whole-masker.ts";

/** Replaces what begins with `key-`. */
const masker = wholeMasker("key", /key-(\w)\w*/g, "[masked:$1]");

const bytes = (text: string | Uint8Array): Content => ({ kind: "bytes", bytes: Buffer.from(text) });
const none: Content = { kind: "none" };
const unknown: Content = { kind: "unknown" };

function change(path: string, before: Content, after: Content, rest = {}): FileChange {
  return { path, read: async () => ({ before, after }), ...rest };
}

async function shown(files: readonly FileChange[], complete = true) {
  const facts = { ...someFacts(), changes: async () => ({ files, complete }) };
  const preview = await previewOf(facts, masker);
  if (preview.changes === undefined) throw new Error("it shows no changes");
  return { ...preview.changes, findings: preview.findings };
}

const lines = (count: number) =>
  Array.from({ length: count }, (_, i) => `line ${i + 1}\n`).join("");

describe("the files that a request changes", () => {
  test("are shown as what differs, with secrets masked on both sides", async () => {
    const before = `${lines(9)}key-old\n`;
    const { files, findings } = await shown([
      change("a.txt", bytes(before), bytes(before.replace("key-old", "key-new"))),
    ]);
    expect(files).toEqual([
      {
        path: "a.txt",
        kind: "changed",
        cut: false,
        notes: [],
        diff: "@@ -7,4 +7,4 @@\n line 7\n line 8\n line 9\n-[masked:o]\n+[masked:n]",
      },
    ]);
    expect(findings.map(({ channel }) => channel)).toEqual(["file 1 before", "file 1"]);
  });

  test("say whether they are new, removed, or stand where nobody knows what was", async () => {
    const { files, complete } = await shown(
      [
        change("new", none, bytes("a\n")),
        change("gone", bytes("a\n"), none),
        change("who knows", unknown, bytes("a")),
      ],
      false,
    );
    expect(files.map(({ kind }) => kind)).toEqual(["added", "removed", "written"]);
    expect(files.map(({ diff }) => diff)).toEqual([
      "@@ -0,0 +1,1 @@\n+a",
      "@@ -1,1 +0,0 @@\n-a",
      "@@ -0,0 +1,1 @@\n+a\n\\ No newline at end of file",
    ]);
    expect(files[2]?.notes).toEqual(["What it was cannot be had."]);
    expect(complete).toBe(false);
  });

  test("that are not text, or too long, are named and not shown", async () => {
    const { files } = await shown([
      change("bin", none, bytes(Uint8Array.of(0, 1, 2))),
      change("long", none, bytes("x".repeat(300_000))),
      change("link", none, bytes("/etc/passwd"), { modes: { after: "120000" } }),
      change("run", bytes("a"), bytes("a"), { modes: { before: "100644", after: "100755" } }),
    ]);
    expect(files.map(({ notes }) => notes.join(" "))).toEqual([
      "What it becomes cannot be shown: 3 bytes.",
      "What it becomes is too long to be shown: 300000 bytes.",
      "It is a symbolic link.",
      "Its mode changes from 100644 to 100755. Its text stays as it is.",
    ]);
    expect(files.map(({ cut }) => cut)).toEqual([true, true, false, false]);
    expect(files[0]).not.toHaveProperty("diff");
  });

  test("are shown as far as there is room, and what is left out is said", async () => {
    let read = 0;
    const many = Array.from({ length: 150 }, (_, i) => ({
      path: `f${i}`,
      read: async () => {
        read += 1;
        return { before: none, after: bytes("y".repeat(99).concat("\n").repeat(300)) };
      },
    }));
    const { files, unlisted } = await shown(many);
    expect(files).toHaveLength(100);
    expect(unlisted).toBe(50);
    expect(files.reduce((sum, { diff = "" }) => sum + diff.length, 0)).toBeLessThanOrEqual(65_536);
    expect(files[2]).toMatchObject({ kind: "added", cut: true });
    expect(files.at(-1)).toEqual({
      path: "f99",
      kind: "unread",
      cut: true,
      notes: ["There is no room to show it."],
    });
    expect(read).toBeLessThan(5);
  });

  test("that have nothing in common are shown as removed and added, in bounded time", async () => {
    const side = (word: string) =>
      bytes(Array.from({ length: 9000 }, (_, i) => word + i).join("\n"));
    const { files } = await shown([change("all", side("a"), side("b"))]);
    expect(files[0]?.diff?.startsWith("@@ -1,9000 +1,9000 @@\n-a0\n")).toBe(true);
    expect(files[0]?.cut).toBe(true);
  });

  test("hide nothing: what does not print is written out, in names and in content", async () => {
    const { files } = await shown([change("a\u202egpj.sh", none, bytes("x\u200by\u001b[2J\n"))]);
    expect(files[0]?.path).toBe("a<U+202E>gpj.sh");
    expect(files[0]?.diff).toContain("+x<U+200B>y␛[2J");
  });
});
