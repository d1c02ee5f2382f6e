import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openCheckpoint, parseCheckpoint, signCheckpoint } from "../../../src/tlog/checkpoint.ts";
import { generateKey, parseSigner, parseVerifier, type Signer } from "../../../src/tlog/key.ts";
import { leafHash, nodeHash } from "../../../src/tlog/merkle.ts";
import { checkProof, formatProof, parseProof } from "../../../src/tlog/proof.ts";

const origin = "log.test/audit";

function logSigner(): Signer {
  const signer = parseSigner(generateKey(origin));
  if (!signer.ok) throw new Error(signer.error);
  return signer.value;
}

/** A witness that signs as C2SP tlog-cosignature says (Ed25519, timestamped). */
function witness(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const typed = Buffer.concat([Buffer.from([4]), raw(publicKey)]);
  const id = createHash("sha256").update(`${name}\n`).update(typed).digest().subarray(0, 4);
  const verifier = parseVerifier(`${name}+${id.toString("hex")}+${typed.toString("base64")}`);
  if (!verifier.ok) throw new Error(verifier.error);
  const cosign = (note: string, time = 1_790_000_000n): string => {
    const text = note.slice(0, note.lastIndexOf("\n\n") + 1);
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(time);
    const message = Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
    const bytes = Buffer.concat([id, stamp, sign(null, message, privateKey)]);
    return `${note}\u2014 ${name} ${bytes.toString("base64")}\n`;
  };
  return { verifier: verifier.value, cosign };
}

function raw(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "spki" }).subarray(-32);
}

const entry = Buffer.from("entry");
const other = leafHash(Buffer.from("other"));
const head = { origin, size: 2, root: nodeHash(leafHash(entry), other) };

describe("a checkpoint", () => {
  const signer = logSigner();

  it("opens with the log's key, and for its own origin alone", () => {
    const note = signCheckpoint(head, [signer]);
    expect(openCheckpoint(note, origin, [signer.verifier])).toEqual({ ok: true, value: head });
    expect(openCheckpoint(note, "log.test/other", [signer.verifier]).ok).toBe(false);
    expect(openCheckpoint(note, origin, [logSigner().verifier]).ok).toBe(false);
  });

  it.each([
    ["no newline at the end", "a\n1\nx"],
    ["two lines", "a\n1\n"],
    ["an empty origin", `\n1\n${other.toString("base64")}\n`],
    ["a leading zero", `a\n01\n${other.toString("base64")}\n`],
    ["a negative size", `a\n-1\n${other.toString("base64")}\n`],
    ["a size beyond what is exact", `a\n9007199254740993\n${other.toString("base64")}\n`],
    ["a short root", "a\n1\nAAAA\n"],
    ["an empty extension", `a\n1\n${other.toString("base64")}\n\n`],
  ])("is malformed with %s", (_, text) => {
    expect(parseCheckpoint(text).ok).toBe(false);
  });
});

describe("a proof", () => {
  const signer = logSigner();
  const note = signCheckpoint(head, [signer]);
  const proof = { index: 0, path: [other], checkpoint: note };
  const trust = { origin, keys: [signer.verifier] };

  it("survives its file, with and without extra data", () => {
    for (const one of [proof, { ...proof, extra: Buffer.from("x") }])
      expect(parseProof(formatProof(one))).toEqual({ ok: true, value: one });
    expect(formatProof(proof)).toBe(
      `c2sp.org/tlog-proof@v1\nindex 0\n${other.toString("base64")}\n\n${note}`,
    );
  });

  it("proves its entry at its index and nothing else", () => {
    expect(checkProof(proof, entry, trust).ok).toBe(true);
    expect(checkProof(proof, Buffer.from("entry2"), trust).ok).toBe(false);
    expect(checkProof({ ...proof, index: 1 }, entry, trust).ok).toBe(false);
    expect(checkProof({ ...proof, index: 2 }, entry, trust).ok).toBe(false);
    expect(checkProof({ ...proof, path: [] }, entry, trust).ok).toBe(false);
  });

  it("asks for as many witnesses as it is told, counting each once", () => {
    const [a, b] = [witness("w.test/a"), witness("w.test/b")];
    const witnesses = [a.verifier, b.verifier];
    const demand = (quorum: number) => ({ ...trust, witnesses, quorum });
    const signed = (checkpoint: string) => ({ ...proof, checkpoint });
    expect(checkProof(proof, entry, demand(1)).ok).toBe(false);
    expect(checkProof(signed(a.cosign(note)), entry, demand(1)).ok).toBe(true);
    expect(checkProof(signed(a.cosign(a.cosign(note))), entry, demand(2)).ok).toBe(false);
    expect(checkProof(signed(b.cosign(a.cosign(note))), entry, demand(2)).ok).toBe(true);
    const stranger = witness("w.test/c");
    expect(checkProof(signed(stranger.cosign(note)), entry, demand(1)).ok).toBe(false);
    const forged = b
      .cosign(signCheckpoint({ ...head, size: 3 }, [signer]))
      .split("\n")
      .at(-2);
    expect(checkProof(signed(`${a.cosign(note)}${forged}\n`), entry, demand(1)).ok).toBe(false);
    expect(checkProof(signed(a.cosign(note, 1n << 63n)), entry, demand(1)).ok).toBe(false);
  });
});
