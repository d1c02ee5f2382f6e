import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  consistencyProof,
  emptyRoot,
  fold,
  type Hash,
  inclusionProof,
  leafHash,
  nodeHash,
  treeRoot,
} from "../../../src/tlog/merkle.ts";
import {
  changedTiles,
  subtreeReader,
  type Tile,
  tileAt,
  tilePath,
} from "../../../src/tlog/tiles.ts";
import { includes, isPrefix } from "../../../src/tlog/verification.ts";

const leaves = Array.from({ length: 1400 }, (_, index) => leafHash(Buffer.from(`entry ${index}`)));

/** The definition of RFC 6962 section 2.1, word by word. */
function definition(hashes: readonly Hash[]): Hash {
  if (hashes.length === 0) return emptyRoot;
  if (hashes.length === 1) return hashes[0]!;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return nodeHash(definition(hashes.slice(0, k)), definition(hashes.slice(k)));
}

function tileBytes(tile: Tile): Buffer {
  const span = 256 ** (tile.level as number);
  const hashes = Array.from({ length: tile.width }, (_, at) => {
    const first = (tile.index * 256 + at) * span;
    return fold(leaves.slice(first, first + span));
  });
  return Buffer.concat(hashes);
}

const reader = (size: number) => subtreeReader(size, async (tile) => tileBytes(tile));
const sizes = fc.integer({ min: 1, max: leaves.length });

describe("a Merkle tree read from tiles", () => {
  it("has the root that RFC 6962 defines", async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async (size) => {
        expect(await treeRoot(size, reader(size))).toEqual(definition(leaves.slice(0, size)));
      }),
      { numRuns: 60 },
    );
  });

  it("proves that each leaf is in it, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), fc.nat(), async (size, pick, other) => {
        const index = pick % size;
        const root = definition(leaves.slice(0, size));
        const path = await inclusionProof(index, size, reader(size));
        const leaf = leaves[index]!;
        expect(includes(leaf, index, size, root, path)).toBe(true);
        expect(includes(leafHash(Buffer.from("x")), index, size, root, path)).toBe(false);
        const elsewhere = other % size;
        if (elsewhere !== index) expect(includes(leaf, elsewhere, size, root, path)).toBe(false);
        expect(includes(leaf, index, size, root, [...path, leaf])).toBe(false);
        if (path.length > 0) expect(includes(leaf, index, size, root, path.slice(1))).toBe(false);
        for (const at of path.keys())
          expect(includes(leaf, index, size, root, path.toSpliced(at, 1, leafHash(leaf)))).toBe(
            false,
          );
      }),
      { numRuns: 100 },
    );
  });

  it("proves that it grew from each smaller tree, and from no other", async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async (size, pick) => {
        const old = 1 + (pick % size);
        const newer = { size, root: definition(leaves.slice(0, size)) };
        const older = { size: old, root: definition(leaves.slice(0, old)) };
        const proof = await consistencyProof(old, size, reader(size));
        expect(isPrefix(older, newer, proof)).toBe(true);
        expect(isPrefix({ size: old, root: leafHash(older.root) }, newer, proof)).toBe(false);
        expect(isPrefix(older, { size, root: leafHash(newer.root) }, proof)).toBe(false);
        expect(isPrefix(older, newer, [...proof, older.root])).toBe(false);
        for (const at of proof.keys())
          expect(isPrefix(older, newer, proof.toSpliced(at, 1, emptyRoot))).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});

describe("the tiles that a growing tree changes", () => {
  it("hold, step by step, every tile of the grown tree", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 6 }), (steps) => {
        const stored = new Map<string, number>();
        let size = 0;
        for (const step of steps) {
          for (const tile of changedTiles(size, size + step)) {
            expect(tile.width).toBeGreaterThan(0);
            stored.set(`${tile.level}/${tile.index}`, tile.width);
          }
          size += step;
        }
        for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / 256))
          for (let first = 0; first < count; first += 256) {
            const tile = tileAt(level, first, size);
            expect(stored.get(`${level}/${tile.index}`)).toBe(tile.width);
          }
      }),
      { numRuns: 100 },
    );
  });

  it("are named as C2SP tlog-tiles says", () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe("tile/0/x001/x234/067");
    expect(tilePath({ level: "entries", index: 273, width: 112 })).toBe("tile/entries/273.p/112");
    expect(changedTiles(0, 70_000).filter((tile) => tile.level === 1)).toEqual([
      { level: 1, index: 0, width: 256 },
      { level: 1, index: 1, width: 17 },
    ]);
  });
});
