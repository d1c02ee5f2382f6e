import fc from "fast-check";
import { expect, test } from "vitest";
import { fold, leafHash } from "../../../src/tlog/merkle.ts";
import { TileEdge } from "../../../src/tlog/tile-edge.ts";
import { changedTiles, encodeEntries, type Tile, tileWidth } from "../../../src/tlog/tiles.ts";

/** The same from all entries there are. */
function tileOf(entries: readonly Buffer[], { level, index, width }: Tile): Buffer {
  const first = index * tileWidth;
  if (level === "entries") return encodeEntries(entries.slice(first, first + width));
  const span = tileWidth ** level;
  const hashes = Array.from({ length: width }, (_, at) =>
    fold(entries.slice((first + at) * span, (first + at + 1) * span).map(leafHash)),
  );
  return Buffer.concat(hashes);
}

const steps = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 });
const lengths = fc.array(fc.constantFrom(0, 1, 63, 600, 8192, 8193), { minLength: 3 });

test("whatever is published when, each tile and bundle holds what all entries make it, also after a restart", () => {
  fc.assert(
    fc.property(steps, lengths, fc.boolean(), (counts, sizes, restarts) => {
      let edge = new TileEdge();
      const entries: Buffer[] = [];
      const append = (count: number): void => {
        for (let at = 0; at < count; at++) {
          const size = sizes[entries.length % sizes.length] ?? 0;
          const entry = Buffer.alloc(size, entries.length % 251);
          entries.push(entry);
          edge.append(entry);
        }
      };
      let old = 0;
      for (const count of counts) {
        append(count);
        const size = entries.length;
        const kept: { readonly bytes: Buffer; readonly copy: Buffer }[] = [];
        for (const tile of changedTiles(old, size)) {
          const bytes = edge.bytes(tile);
          expect(bytes.equals(tileOf(entries, tile))).toBe(true);
          kept.push({ bytes, copy: Buffer.from(bytes) });
        }
        // They are on their way to the disk while more comes, and are forgotten when they are there.
        append(count % 300);
        for (const { bytes, copy } of kept) expect(bytes.equals(copy)).toBe(true);
        if (restarts) edge = loaded(entries);
        else edge.forget(size);
        old = restarts ? entries.length : size;
      }
    }),
    { numRuns: 30 },
  );
});

/** As a log is taken up from its tiles. */
function loaded(entries: readonly Buffer[]): TileEdge {
  const edge = new TileEdge();
  const size = entries.length;
  for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / tileWidth)) {
    const width = count % tileWidth;
    const tile = { level, index: Math.floor(count / tileWidth), width };
    edge.loadRow(level, count - width, tileOf(entries, tile));
  }
  const width = size % tileWidth;
  const bundle = tileOf(entries, { level: "entries", index: Math.floor(size / tileWidth), width });
  expect(edge.loadEntries(size - width, width, bundle)).toBe(true);
  if (width > 0) {
    const other = Buffer.from(bundle);
    other[other.length - 1] = (other.at(-1) ?? 0) ^ 1;
    expect(new TileEdge().loadEntries(size - width, width, bundle)).toBe(false);
    expect(loadedBeside(edge, size - width, width, other)).toBe(false);
  }
  return edge;
}

/** Whether other entries are taken for those of the hashes; the right ones are put back. */
function loadedBeside(edge: TileEdge, first: number, width: number, bundle: Buffer): boolean {
  const right = Buffer.from(edge.bytes({ level: "entries", index: first / tileWidth, width }));
  const taken = edge.loadEntries(first, width, bundle);
  edge.loadEntries(first, width, right);
  return taken;
}
