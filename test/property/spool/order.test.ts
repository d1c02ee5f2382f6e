import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileSpools } from "../../../src/spool/file.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

/** A write of so many bytes, or the taking of one piece; awaited at once, or while other things happen. */
const move = fc.record({
  write: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
  wait: fc.boolean(),
});

test("whatever the order of writes and takes, and however much fits in memory, the bytes come out as they went in", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(move, { maxLength: 40 }),
      fc.integer({ min: 0, max: 60 }),
      async (moves, memory) => {
        const spool = fileSpools(folder.path, memory)();
        const taken: Uint8Array[] = [];
        const writing: (Promise<void> | undefined)[] = [];
        let next = 0;
        const written: number[] = [];
        // One reader, as in the gateway: the next piece is asked for when the last one has come.
        let reading: Promise<void> = Promise.resolve();
        const take = async (): Promise<void> => {
          const chunk = await spool.take();
          if (chunk !== undefined) taken.push(chunk);
        };
        for (const { write, wait } of moves) {
          if (write === undefined) {
            reading = reading.then(take);
            if (wait) await reading;
            continue;
          }
          const bytes = Uint8Array.from({ length: write }, () => next++ % 251);
          written.push(...bytes);
          const kept = spool.write(bytes);
          if (wait) await kept;
          else writing.push(kept);
        }
        await reading;
        await Promise.all(writing);
        for (let chunk = await spool.take(); chunk !== undefined; chunk = await spool.take())
          taken.push(chunk);
        spool.close();
        expect([...Buffer.concat(taken)]).toEqual(written);
      },
    ),
    { numRuns: 300 },
  );
});
