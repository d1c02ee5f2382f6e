import zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeContent } from "../../../src/http/encoding.ts";
import { editBase64 } from "../../../src/http/encoding-base64.ts";
import { nothing, type Transform } from "../../../src/http/transform.ts";

const body = Buffer.from(`${"some text, again and again. ".repeat(3000)}the end`);
const coded: readonly (readonly [string, Buffer])[] = [
  ["gzip", zlib.gzipSync(body)],
  ["x-gzip", zlib.gzipSync(body)],
  ["deflate", zlib.deflateSync(body)],
  ["br", zlib.brotliCompressSync(body)],
  ["zstd", zlib.zstdCompressSync(body)],
  ["gzip, br", zlib.brotliCompressSync(zlib.gzipSync(body))],
  ["identity", body],
];

function decoder(encoding: string): Transform {
  const result = decodeContent(encoding);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

function send(transform: Transform, bytes: Uint8Array, size: number): Buffer {
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size)
    out.push(transform.write(bytes.subarray(at, at + size)));
  return Buffer.concat([...out, transform.flush()]);
}

describe("content codings", () => {
  it.each(coded)("undoes %s, cut anywhere", (encoding, bytes) => {
    for (const size of [1, 7, 1000, bytes.length])
      expect(send(decoder(encoding), bytes, size).equals(body)).toBe(true);
  });

  it.each(coded.slice(0, 6))(
    "throws for %s that is cut short or is something else",
    (encoding, bytes) => {
      expect(() => send(decoder(encoding), bytes.subarray(0, -6), 100)).toThrow();
      expect(() => send(decoder(encoding), Buffer.from("not that coding at all"), 100)).toThrow();
    },
  );

  it("takes a body of no bytes for an empty one", () => {
    expect(decoder("gzip").flush()).toEqual(nothing);
  });

  it("throws when a little unpacks to very much", () => {
    const bomb = zlib.gzipSync(Buffer.alloc(80 * 1024 * 1024));
    expect(() => decoder("gzip").write(bomb)).toThrow();
  });

  it("refuses what it does not know, and what is coded too often", () => {
    expect(decodeContent("compress").ok).toBe(false);
    expect(decodeContent("gzip, gzip, gzip, gzip").ok).toBe(false);
  });
});

/** Replaces one word by another, holding what may be its beginning. */
function replacing(from: string, to: string): Transform {
  let text = "";
  const take = (length: number) => {
    const out = text.slice(0, length);
    text = text.slice(length);
    return Buffer.from(out, "latin1");
  };
  return {
    write: (chunk) => {
      text = (text + Buffer.from(chunk).toString("latin1")).replaceAll(from, to);
      return take(Math.max(0, text.length - from.length + 1));
    },
    flush: () => take(text.length),
  };
}

describe("text in base64", () => {
  const lines = (text: string) =>
    Buffer.from(text).toString("base64").replace(/.{60}/g, "$&\n").replace(/\n?$/, "\n");
  const text = `${"A line of some file.\n".repeat(12)}with a secret in it, and more of it after that.`;

  it("stays as it was, line by line, where nothing is changed", () => {
    for (const size of [1, 5, 61, 5000])
      expect(
        send(editBase64(replacing("x9", "y")), Buffer.from(lines(text)), size).toString(),
      ).toBe(lines(text));
  });

  it("is written anew from the change on, in lines of the same length", () => {
    for (const size of [1, 5, 61, 5000]) {
      const out = send(editBase64(replacing("secret", "MASK")), Buffer.from(lines(text)), size);
      expect(out.toString()).toBe(lines(text.replace("secret", "MASK")));
    }
  });

  it("goes on as it is where it is not base64", () => {
    for (const plain of ["# A title\n\nand text", "word", "abc", "ends well=\nor not!"])
      expect(send(editBase64(replacing("secret", "MASK")), Buffer.from(plain), 2).toString()).toBe(
        plain,
      );
  });
});
