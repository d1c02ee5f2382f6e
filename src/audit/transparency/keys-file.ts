import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { generateKey, parseSigner, type Signer } from "../../tlog/key.ts";
import { createFile, readIfThere, replaceFile } from "../wal/disk-file.ts";

/** The secrets of an audit log: they never leave its folder `keys`. */
export interface Keys {
  /** The current signing key first, then those on their way out. */
  readonly signers: readonly [Signer, ...Signer[]];
  /** For keyed hashes in leaves. */
  readonly reference: Buffer;
}

const signing = "signing.key";
const reference = "reference.key";
const defaultOrigin = "sallyport/audit";

/** Reads the keys of a log, making them the first time; an origin that is given names a new log, and must be an old one's. */
export async function openKeys(dir: string, origin?: string): Promise<Keys> {
  const known = await readIfThere(join(dir, signing));
  if (known === undefined)
    await createFile(join(dir, signing), Buffer.from(`${generateKey(origin ?? defaultOrigin)}\n`));
  const hmac = await readIfThere(join(dir, reference));
  if (hmac === undefined) await createFile(join(dir, reference), randomBytes(32));
  const signers = parseKeys((await readIfThere(join(dir, signing)))?.toString() ?? "");
  const name = origin ?? signers[0].name;
  if (signers.some((signer) => signer.name !== name))
    throw new Error(`the signing key of this audit log is not for ${name}`);
  const secret = await readIfThere(join(dir, reference));
  if (secret?.length !== 32) throw new Error("the reference key of this audit log is damaged");
  return { signers, reference: secret };
}

/**
 * Makes a new signing key the current one; the old ones go on signing beside it until they are retired, so that who
 * knows an old key learns the new one from a checkpoint that both have signed. Takes effect at the next start.
 */
export async function rotateKey(dir: string): Promise<string> {
  const text = (await readIfThere(join(dir, signing)))?.toString() ?? "";
  const [current] = parseKeys(text);
  const fresh = generateKey(current.name);
  await replaceFile(join(dir, signing), `${fresh}\n${text}`);
  return parseKeys(fresh)[0].verifier.vkey;
}

/** Stops all signing keys but the current one; gives the verifier keys that no longer sign. */
export async function retireKeys(dir: string): Promise<readonly string[]> {
  const text = (await readIfThere(join(dir, signing)))?.toString() ?? "";
  const [, ...old] = parseKeys(text);
  await replaceFile(join(dir, signing), `${text.split("\n")[0]}\n`);
  return old.map((signer) => signer.verifier.vkey);
}

function parseKeys(text: string): [Signer, ...Signer[]] {
  const signers = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const signer = parseSigner(line);
      if (!signer.ok) throw new Error(signer.error);
      return signer.value;
    });
  const [first, ...rest] = signers;
  if (first === undefined) throw new Error("this audit log has no signing key");
  return [first, ...rest];
}
