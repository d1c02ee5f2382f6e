import { describe, expect, it } from "vitest";
import { changesBetween } from "../../../../src/protocols/objects/changes.ts";
import { judgeMove } from "../../../../src/protocols/objects/move.ts";
import { encodeTree, objectId, parseTree } from "../../../../src/protocols/objects/parse-object.ts";
import { rationed } from "../../../../src/protocols/objects/ration.ts";
import type {
  Commit,
  FreshObjects,
  ObjectSource,
  TreeEntry,
} from "../../../../src/protocols/objects/source.ts";

/** Trees by a name of the test's own instead of an id. */
type Trees = Readonly<Record<string, readonly TreeEntry[]>>;
const file = (name: string, id: string, mode = "100644"): TreeEntry => ({ mode, name, id });
const dir = (name: string, id: string): TreeEntry => ({ mode: "40000", name, id });
const reader = (trees: Trees) => ({
  commit: async () => undefined,
  tree: async (id: string) => trees[id],
});
const between = (trees: Trees, old: string | undefined, now: string) =>
  changesBetween({ old: reader(trees), now: reader(trees) }, old, now);

describe("what differs between two trees", () => {
  it.each<[string, Trees, readonly string[], boolean]>([
    ["nothing, where the ids are equal", { a: [dir("x", "1")], b: [dir("x", "1")] }, [], true],
    ["a file", { a: [file("f", "1")], b: [file("f", "2")] }, ["f"], true],
    ["a mode", { a: [file("f", "1")], b: [file("f", "1", "100755")] }, ["f"], true],
    ["a submodule", { a: [], b: [file("s", "1", "160000")] }, ["s"], true],
    [
      "a directory nobody knows",
      { a: [dir(".github", "1")], b: [dir(".github", "2")] },
      [".github/**", ".github/workflows/**", ".github/actions/**"],
      false,
    ],
    ["a new directory nobody knows", { a: [], b: [dir("src", "2")] }, ["src/**"], false],
    [
      "a tree that names one path twice",
      { a: [], b: [file("f", "1"), file("f", "2")] },
      ["**", ".github/workflows/**", ".github/actions/**"],
      false,
    ],
    [
      "a name with a slash",
      { a: [], b: [file(".github/workflows/x", "1")] },
      ["**", ".github/workflows/**", ".github/actions/**"],
      false,
    ],
  ])("%s", async (_, trees, paths, complete) => {
    expect(await between(trees, "a", "b")).toEqual({ paths, complete });
  });

  it("everything, where too much does to be listed", async () => {
    const many = Array.from({ length: 3000 }, (_, at) => file(`f${at}`, "1"));
    expect(await between({ b: many }, undefined, "b")).toMatchObject({ complete: false });
  });

  it("ends, where trees hold themselves", async () => {
    const result = await between({ a: [dir("x", "a")], b: [dir("x", "b")] }, "a", "b");
    expect(result.complete).toBe(false);
  });
});

describe("a ref that moves", () => {
  const commits: Readonly<Record<string, Commit>> = {
    c1: { tree: "t1", parents: [] },
    c2: { tree: "t2", parents: ["c1"] },
    c3: { tree: "t3", parents: ["c2"] },
    other: { tree: "t3", parents: ["c1"] },
  };
  const trees: Trees = { t1: [], t2: [file("a", "1")], t3: [file("a", "1"), file("b", "1")] };
  const source: ObjectSource = {
    commit: async (_, id) => commits[id],
    tree: async (_, id) => trees[id],
    tip: async () => "c2",
    mergeBase: async (_, a, b) => (b === "other" ? "c1" : [a, b].sort()[0]),
  };
  const fresh: FreshObjects = {
    commit: async (id) => (id === "c3" ? commits["c3"] : undefined),
    tree: async () => undefined,
    offer: () => undefined,
  };
  const move = (old: string | undefined, to: string, from: ObjectSource = source) =>
    judgeMove({ resource: "h/o/r", ref: "refs/heads/x", old, new: to }, fresh, from);

  it("forward changes what it adds", async () => {
    expect(await move("c2", "c3")).toEqual({
      force: false,
      commits: ["c3"],
      changes: { paths: ["b"], complete: true },
    });
  });
  it("forward to what the upstream has is no force", async () => {
    expect(await move("c1", "c2")).toEqual({
      force: false,
      commits: [],
      changes: { paths: ["a"], complete: true },
    });
  });
  it("aside leaves commits behind", async () => {
    expect((await move("c2", "other")).force).toBe(true);
  });
  it("into being is compared with where it left the default branch", async () => {
    expect(await move(undefined, "other")).toEqual({
      force: false,
      commits: [],
      changes: { paths: ["a", "b"], complete: true },
    });
  });
  it("in an empty repository changes all that it brings", async () => {
    expect((await move(undefined, "c3", { ...source, tip: async () => null })).changes).toEqual({
      paths: ["a", "b"],
      complete: true,
    });
  });
  it("to nobody knows where may change anything", async () => {
    const moved = await move("c2", "cx");
    expect(moved.changes.complete).toBe(false);
    expect(
      (await move(undefined, "c3", { ...source, tip: async () => undefined })).changes.complete,
    ).toBe(false);
  });
  it("beyond the ration of questions may change anything", async () => {
    const moved = await move("c2", "c3", rationed(source, 1));
    expect(moved.changes.complete).toBe(false);
  });
});

it("a tree is the same bytes again", () => {
  const id = "0123456789abcdef0123456789abcdef01234567";
  const entries = [dir("a", id), file("b ☃", id)];
  const bytes = encodeTree(entries);
  expect(parseTree(bytes, "sha1")).toEqual(entries);
  expect(objectId("sha1", "tree", new Uint8Array(0))).toBe(
    "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  );
  expect(parseTree(bytes.subarray(1), "sha1")?.[0]?.mode).not.toBe("40000");
});
