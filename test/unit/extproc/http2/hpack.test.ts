import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConnectionError } from "../../../../src/extproc/http2/codes.ts";
import type { Field } from "../../../../src/extproc/http2/field.ts";
import { HpackReader } from "../../../../src/extproc/http2/hpack.ts";
import { HeaderTable } from "../../../../src/extproc/http2/tables.ts";

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ""), "hex");

/** The lines of these blocks, read one after the other. */
function linesOf(reader: HpackReader, block: Buffer): readonly string[] {
  const lines: string[] = [];
  const add = ({ name, value }: Field) => void lines.push(`${name}: ${value}`);
  reader.read(block, 0, block.length, { add });
  return lines;
}

const first = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];
const second = [...first, "cache-control: no-cache"];
const third = [
  ":method: GET",
  ":scheme: https",
  ":path: /index.html",
  ":authority: www.example.com",
  "custom-key: custom-value",
];
const found = [
  ":status: 302",
  "cache-control: private",
  "date: Mon, 21 Oct 2013 20:13:21 GMT",
  "location: https://www.example.com",
];
const moved = [":status: 307", ...found.slice(1)];
const cookie = [
  ":status: 200",
  "cache-control: private",
  "date: Mon, 21 Oct 2013 20:13:22 GMT",
  "location: https://www.example.com",
  "content-encoding: gzip",
  "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
];

/** RFC 7541 appendix C: blocks that follow one another, and what they say. Those of C.5 and C.6 want a table of 256 bytes. */
const vectors: readonly (readonly [string, readonly (readonly [string, readonly string[]])[]])[] = [
  [
    "C.2.1",
    [
      [
        "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
        ["custom-key: custom-header"],
      ],
    ],
  ],
  ["C.2.2", [["040c 2f73 616d 706c 652f 7061 7468", [":path: /sample/path"]]]],
  ["C.2.3", [["1008 7061 7373 776f 7264 0673 6563 7265 74", ["password: secret"]]]],
  ["C.2.4", [["82", [":method: GET"]]]],
  [
    "C.3",
    [
      ["8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", first],
      ["8286 84be 5808 6e6f 2d63 6163 6865", second],
      ["8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65", third],
    ],
  ],
  [
    "C.4",
    [
      ["8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", first],
      ["8286 84be 5886 a8eb 1064 9cbf", second],
      ["8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf", third],
    ],
  ],
  [
    "C.5",
    [
      [
        `3fe101 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133
         3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
        found,
      ],
      ["4803 3330 37c1 c0bf", moved],
      [
        `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970
         7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61
         6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
        cookie,
      ],
    ],
  ],
  [
    "C.6",
    [
      [
        `3fe101 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d
         29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
        found,
      ],
      ["4883 640e ffc1 c0bf", moved],
      [
        `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2
         e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
        cookie,
      ],
    ],
  ],
];

describe("header blocks", () => {
  it.each(vectors)("of RFC 7541 %s say what they say", (_, blocks) => {
    const reader = new HpackReader();
    for (const [block, lines] of blocks) expect(linesOf(reader, bytesOf(block))).toEqual(lines);
  });

  it.each([
    ["a line that no table holds", "be"],
    ["line 0", "80"],
    ["a name that no table holds", "7e 00"],
    ["a text that ends behind the block", "00 05 61"],
    ["a text without its length", "00"],
    ["a number that is cut", "ff"],
    ["a number that never ends", "ff ffffffffff 00"],
    ["a code that ends with zeros", "00 81 18 00"],
    ["a code that ends with eight ones", "00 82 1fff 00"],
    ["the end of all texts within one", "00 84 ffffffff 00"],
    ["a table larger than allowed", "3fe2 1f"],
    ["a table resized behind a line", "82 20"],
  ])("cannot be read that have %s", (_, block) => {
    expect(() => linesOf(new HpackReader(), bytesOf(block))).toThrow(ConnectionError);
  });

  it("may shrink the table and let it grow again, which empties it", () => {
    const reader = new HpackReader();
    linesOf(reader, bytesOf("4001 6101 62"));
    expect(linesOf(reader, bytesOf("be"))).toEqual(["a: b"]);
    expect(linesOf(reader, bytesOf("20 3fe11f 4001 6301 64 be"))).toEqual(["c: d", "c: d"]);
    expect(() => linesOf(reader, bytesOf("bf"))).toThrow("no table holds");
  });

  it("may hold a line larger than the table, which empties it and is not in it", () => {
    const reader = new HpackReader();
    linesOf(reader, bytesOf("4001 6101 62"));
    const long = Buffer.concat([bytesOf("4001 637f 811f"), Buffer.alloc(4096, "x")]);
    expect(linesOf(reader, long)).toEqual([`c: ${"x".repeat(4096)}`]);
    expect(() => linesOf(reader, bytesOf("be"))).toThrow("no table holds");
  });

  it("of any bytes give lines or one ConnectionError", () => {
    const blocks = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 });
    fc.assert(
      fc.property(blocks, (all) => {
        const reader = new HpackReader();
        try {
          for (const block of all) linesOf(reader, Buffer.from(block));
        } catch (error) {
          expect(error).toBeInstanceOf(ConnectionError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("the table of lines", () => {
  it("is a list with the newest first, of as many as have room", () => {
    const lines = fc.array(fc.tuple(fc.nat({ max: 600 }), fc.boolean()), { maxLength: 300 });
    fc.assert(
      fc.property(lines, (all) => {
        const table = new HeaderTable();
        let model: number[] = [];
        const fits = (limit: number) => {
          let left = limit;
          const end = model.findIndex((size) => {
            left -= size;
            return left < 0;
          });
          if (end >= 0) model = model.slice(0, end);
        };
        let limit = 4096;
        for (const [number, resize] of all) {
          if (resize) {
            limit = number * 6;
            table.resize(limit);
          } else {
            table.add({ name: "", value: "", size: 32 + number, wellFormed: true });
            model.unshift(32 + number);
          }
          fits(limit);
          expect(model.map((_, index) => table.at(62 + index)?.size)).toEqual(model);
          expect(table.at(62 + model.length)).toBeUndefined();
        }
      }),
    );
  });
});
