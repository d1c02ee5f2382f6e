import { decodeEntries, tileWidth } from "../../tlog/tiles.ts";
import { readTile, type TileStore } from "./tile-store.ts";

/** The entries of a log of `size` leaves from number `from` on, in order; throws when a bundle is missing or cut short. */
export async function* readEntries(
  store: Pick<TileStore, "read">,
  from: number,
  size: number,
): AsyncGenerator<Buffer> {
  for (let at = from; at < size; ) {
    const index = Math.floor(at / tileWidth);
    const width = Math.min(tileWidth, size - index * tileWidth);
    const bundle = decodeEntries(await readTile(store, { level: "entries", index, width }));
    const entries = bundle?.slice(at % tileWidth, width);
    if (bundle === undefined || bundle.length < width || entries === undefined)
      throw new Error(`bundle ${index} of the log does not hold ${width} entries`);
    yield* entries;
    at += entries.length;
  }
}
