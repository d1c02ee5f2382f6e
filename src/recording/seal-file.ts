import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, rename, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { headBytes } from "./block.ts";
import { sessionFolder } from "./layout.ts";
import type { StoreOptions } from "./options.ts";
import { scan } from "./read-file.ts";

/** Writes `SHA256SUMS` over all parts of a session, and its signature. */
export async function seal(
  { dir, sign, closed }: Pick<StoreOptions, "dir" | "sign" | "closed">,
  session: string,
): Promise<void> {
  const folder = sessionFolder(dir, session);
  const parts = await partsOf(folder);
  if (parts.length === 0) return;
  const lines: string[] = [];
  for (const part of parts) lines.push(`${await digestOf(join(folder, part))}  ${part}\n`);
  const sums = Buffer.from(lines.join(""));
  await replace(join(folder, "SHA256SUMS"), sums);
  await replace(join(folder, "SHA256SUMS.sig"), sign(sums));
  await closed?.(session, createHash("sha256").update(sums).digest("hex"));
}

/** The parts in a session's folder, in order. */
export async function partsOf(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).filter(isPart).sort();
}

function isPart(name: string): boolean {
  return name.endsWith(".rec") || name.endsWith(".raw");
}

/** Cuts off what a crash has left of a block. */
export async function cutTorn(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    const last = (await scan(file)).at(-1);
    const whole = last === undefined ? 0 : last.offset + headBytes + last.length;
    if (whole < (await file.stat()).size) await truncate(path, whole);
  } finally {
    await file.close();
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** Writes a file whole or not at all. */
export async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, bytes, { mode: 0o600, flush: true });
  await rename(draft, path);
}
