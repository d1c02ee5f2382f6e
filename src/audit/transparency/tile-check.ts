import { fold, type Hash, leafHash } from "../../tlog/merkle.ts";
import { type Tile, tileWidth } from "../../tlog/tiles.ts";

/** A tile as the entries make it. */
export interface ExpectedTile {
  readonly tile: Tile;
  readonly bytes: Buffer;
}

/** Computes the tiles of a log anew from its entries, in their order. */
export class TileCheck {
  readonly #rows: { index: number; hashes: Hash[] }[] = [];

  /** Gives the tiles that this entry fills. */
  add(entry: Buffer): readonly ExpectedTile[] {
    const full: ExpectedTile[] = [];
    let hash = leafHash(entry);
    for (let level = 0; ; level++) {
      const row = this.#rows[level] ?? { index: 0, hashes: [] };
      this.#rows[level] = row;
      row.hashes.push(hash);
      if (row.hashes.length < tileWidth) return full;
      full.push(expected(level, row.index, row.hashes));
      hash = fold(row.hashes);
      row.hashes = [];
      row.index += 1;
    }
  }

  /** The tiles that are not full. */
  rest(): readonly ExpectedTile[] {
    return this.#rows.flatMap(({ index, hashes }, level) =>
      hashes.length === 0 ? [] : [expected(level, index, hashes)],
    );
  }
}

function expected(level: number, index: number, hashes: readonly Hash[]): ExpectedTile {
  return { tile: { level, index, width: hashes.length }, bytes: Buffer.concat(hashes) };
}
