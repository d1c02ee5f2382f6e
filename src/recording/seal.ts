import { createHash } from "node:crypto";
import { headBytes } from "./block.ts";
import { sessionFolder } from "./layout.ts";
import type { StoreOptions } from "./options.ts";
import { scan } from "./read.ts";
import type { Shelf } from "./shelf.ts";

/** Writes `SHA256SUMS` over all parts of a session, and its signature. */
export async function seal(
  { shelf, sign, closed }: Pick<StoreOptions, "shelf" | "sign" | "closed">,
  session: string,
): Promise<void> {
  const folder = sessionFolder(session);
  const lines: string[] = [];
  for (const part of await partsOf(shelf, session))
    for await (const [name, sha256] of shelf.digests(`${folder}/${part}`))
      lines.push(`${sha256}  ${name}\n`);
  if (lines.length === 0) return;
  const sums = Buffer.from(lines.join(""));
  await shelf.put(`${folder}/SHA256SUMS`, sums);
  await shelf.put(`${folder}/SHA256SUMS.sig`, sign(sums));
  await closed?.(session, createHash("sha256").update(sums).digest("hex"));
}

/** The parts of a session, in order. */
export async function partsOf(shelf: Shelf, session: string): Promise<readonly string[]> {
  return (await shelf.names(sessionFolder(session))).filter(
    (name) => name.endsWith(".rec") || name.endsWith(".raw"),
  );
}

/** Cuts off what a crash has left of a block. */
export async function cutTorn(shelf: Shelf, path: string): Promise<void> {
  const source = await shelf.open(path);
  if (source === undefined) return;
  let whole = 0;
  try {
    const last = (await scan(source)).at(-1);
    whole = last === undefined ? 0 : last.offset + headBytes + last.length;
  } finally {
    await source.close();
  }
  if (whole < source.size) await shelf.cut(path, whole);
}
