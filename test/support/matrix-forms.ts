import { promisify } from "node:util";
import { constants, createBrotliCompress, createGzip, createZstdCompress } from "node:zlib";
import { expect } from "vitest";
import { type Cell, cutAt, matrixText } from "./matrix.ts";
import type { Staged } from "./matrix-upstream.ts";
import type { Way } from "./matrix-way.ts";

/** How examples come: what the upstream sends, and what its clients read. */
export interface Form {
  readonly name: string;
  /** It can hold members by name. */
  readonly named?: true;
  /** No library makes anything of it: it is read as it comes. */
  readonly bare?: true;
  stage(cells: readonly Cell[]): Staged | Promise<Staged>;
  read(way: Way): Promise<Read>;
}

/** What a client has read. */
export interface Read {
  /** The text with its lines. */
  readonly out: string;
  /** All that the client's own library made of the answer, but for the text. */
  readonly rest: string;
}

export const events = { "content-type": "text/event-stream" };
export const json = { "content-type": "application/json" };
const plain = { "content-type": "text/plain; charset=utf-8" };

/** What a library gave, without the text. */
export function without(value: unknown, ...texts: readonly string[]): string {
  return texts.reduce(
    (rest, text) => rest.replaceAll(JSON.stringify(text).slice(1, -1), "…"),
    JSON.stringify(value),
  );
}

async function readText({ api, token, fetch }: Way): Promise<Read> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${api}/repos/acme/app/readme`, { headers });
  expect(answer.status).toBe(200);
  return { out: await answer.text(), rest: "" };
}

type Packer = ReturnType<
  typeof createGzip | typeof createBrotliCompress | typeof createZstdCompress
>;

/** Packed piece by piece, so that each can be unpacked before the next has come. */
function packed(coding: string, create: () => Packer, flush: number): Form {
  return {
    name: coding,
    stage: async (cells) => {
      const { text, cuts } = matrixText(cells);
      const packer = create();
      const writes: Buffer[] = [];
      let chunks: Buffer[] = [];
      packer.on("data", (chunk: Buffer) => chunks.push(chunk));
      for (const piece of cutAt(Buffer.from(text), cuts)) {
        packer.write(piece);
        await promisify((kind: number, done: () => void) => packer.flush(kind, done))(flush);
        writes.push(Buffer.concat(chunks));
        chunks = [];
      }
      await new Promise<void>((resolve) => packer.once("end", resolve).end());
      writes.push(Buffer.concat(chunks));
      return { headers: { ...plain, "content-encoding": coding }, writes, unseen: 0 };
    },
    read: readText,
    bare: true,
  };
}

export const text: Form = {
  name: "text in chunks",
  stage: (cells) => {
    const { text: whole, cuts } = matrixText(cells);
    return { headers: plain, writes: cutAt(Buffer.from(whole), cuts), unseen: 0 };
  },
  read: readText,
  bare: true,
};

export const textForms: readonly Form[] = [
  {
    name: "text with its length",
    stage: (cells) => {
      const { text: whole, cuts } = matrixText(cells);
      const body = Buffer.from(whole);
      const headers = { ...plain, "content-length": String(body.length) };
      return { headers, writes: cutAt(body, cuts), unseen: 0 };
    },
    read: readText,
    bare: true,
  },
  text,
  packed("gzip", createGzip, constants.Z_SYNC_FLUSH),
  packed("br", createBrotliCompress, constants.BROTLI_OPERATION_FLUSH),
  packed("zstd", createZstdCompress, constants.ZSTD_e_flush),
];

/** What many programs read and send at a time, in bytes. */
const piece = 32 * 1024;

/** The text with so much before each example that the place where it is cut stands on such a boundary. */
export const onBoundaries: Form = {
  name: "across each boundary of 32 KiB",
  stage: (cells) => {
    const { text: whole, cuts } = matrixText(cells);
    const bytes = Buffer.from(whole).toString("latin1");
    const parts: string[] = [];
    let length = 0;
    let last = 0;
    cuts.forEach((place, index) => {
      const next = bytes.slice(last, place);
      const start = next.lastIndexOf("\n\n~~~ ");
      const missing = (index + 1) * piece - length - next.length;
      const filling = " .".repeat(missing / 2 + 1).slice(0, missing);
      parts.push(next.slice(0, start), filling, next.slice(start));
      length += missing + next.length;
      last = place;
    });
    const body = Buffer.from(parts.join("") + bytes.slice(last), "latin1");
    const boundaries = [...cuts.keys()].map((index) => (index + 1) * piece);
    return { headers: plain, writes: cutAt(body, boundaries), unseen: 0 };
  },
  read: async (way) => {
    const { out, rest } = await readText(way);
    return { out: out.replace(/( \.)+ ?(?=\n\n~~~)/g, ""), rest };
  },
  bare: true,
};
