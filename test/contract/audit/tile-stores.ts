import { cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { tileFolder } from "../../../src/audit/transparency/tile-file.ts";
import { tileBucket } from "../../../src/audit/transparency/tile-s3.ts";
import type { TileStore } from "../../../src/audit/transparency/tile-store.ts";
import { s3Of, startS3 } from "../../support/s3.ts";
import { freshDir } from "./sample.ts";

/** One kind of store, empty, as several processes would open it. */
export interface StoreUnderTest {
  open(): TileStore;
  /** Puts a copy of the newest content into a folder, as an auditor downloads it. */
  download(): Promise<string>;
  stop(): Promise<void>;
}

async function folder(): Promise<StoreUnderTest> {
  const dir = await freshDir();
  return {
    open: () => tileFolder(dir),
    download: async () => {
      const copy = await freshDir();
      await cp(dir, copy, { recursive: true });
      return copy;
    },
    stop: async () => undefined,
  };
}

async function bucket(): Promise<StoreUnderTest> {
  const s3 = await startS3();
  return {
    open: () => tileBucket(s3Of(s3, "log/")),
    download: async () => {
      const copy = await freshDir();
      const log = s3Of(s3, "log/");
      for await (const key of log.list("")) {
        const object = await log.get(key);
        await mkdir(dirname(join(copy, key)), { recursive: true });
        await writeFile(join(copy, key), object?.body ?? "");
      }
      return copy;
    },
    stop: () => s3.stop(),
  };
}

export const tileStores: readonly (readonly [string, () => Promise<StoreUnderTest>])[] = [
  ["a folder", folder],
  ["an S3 bucket", bucket],
];
