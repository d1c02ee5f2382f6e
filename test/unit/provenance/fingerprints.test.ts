import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addedLines } from "../../../src/provenance/added-lines.ts";
import { ChangeIndex } from "../../../src/provenance/change-index.ts";
import {
  type Channel,
  fingerprints,
  printsOf,
  tokensOf,
  winnowed,
} from "../../../src/provenance/fingerprints.ts";
import { HashSet } from "../../../src/provenance/hash-set.ts";
import { languageOf } from "../../../src/provenance/language.ts";
import { compare } from "../../../src/provenance/match.ts";
import {
  blobOf,
  originOf,
  pack,
  type Suggestion,
  unpack,
} from "../../../src/provenance/suggestion.ts";
import { Texts } from "../../../src/provenance/texts.ts";
import { veil } from "../../../src/provenance/veil.ts";

const hidden = veil(Buffer.from("a key"));

function same(path: string, a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => {
    const tokens = tokensOf(text, languageOf(path));
    return [...tokens.hashes.subarray(0, tokens.length)].join();
  });
  return one === other && one !== "";
}

describe("what the lexer leaves out", () => {
  test.each([
    ["a.ts", "comments and layout", "a(b) // c\n/* d */ + 1", "a ( b )\n+ 1"],
    ["a.ts", "separators", "f(a, b,);", "f(a b)"],
    ["a.ts", "kinds of quotes", "x = 'it'", 'x = "it"'],
    ["a.ts", "comments in the code of a template", "x`a$" + "{b /* c */}d`", "x`a$" + "{b}d`"],
    [
      "a.ts",
      "nothing of a regular expression",
      "s.match(/\\/\\*['\"]/) // x",
      "s.match(/\\/\\*['\"]/)",
    ],
    ["a.py", "Python's comments", "a = 1  # one", "a = 1"],
    ["a.go", "Go's comments", "x := `//` // y", "x := `//`"],
    [
      "a.rs",
      "Rust's comments, among lifetimes",
      "fn f<'a>(x: &'a str) // y",
      "fn f<'a>(x: &'a str)",
    ],
    ["a.sh", "the shell's comments, not its counts", 'echo $# "a#b" # c', 'echo $# "a#b"'],
    ["a.yaml", "YAML's comments", "a: b # c", "a: b"],
    ["A.java", "Java's comments", "int a = 1; /** b */", "int a = 1"],
  ])("%s: %s", (path, _what, a, b) => {
    expect(same(path, a, b)).toBe(true);
  });

  test("a comment's end within a string ends nothing", () => {
    expect(same("a.ts", 'a("*/") /* "x" */ b', 'a("*/") b')).toBe(true);
    expect(same("a.py", 'a = """#"""\nb', "a\nb")).toBe(false);
  });

  test("never fails, and tells each token's line", () => {
    const paths = ["a.ts", "a.py", "a.rs", "a.sh", "a.yaml", "a.go", "a.json", "a.c"];
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.constantFrom(...paths), (text, path) => {
        const tokens = tokensOf(text, languageOf(path));
        const lines = [...tokens.lines.subarray(0, tokens.length)];
        expect(lines).toEqual(lines.toSorted((a, b) => a - b));
        expect(lines.at(-1) ?? 1).toBeLessThanOrEqual(text.split("\n").length);
      }),
    );
  });
});

describe("fingerprints", () => {
  test("any 9 words in a row share one, wherever they turn up", () => {
    const words = Array.from({ length: 60 }, (_, at) => `w${at}`);
    fc.assert(
      fc.property(fc.nat(51), fc.nat(30), (from, before) => {
        const run = words.slice(from, from + 9);
        const strange = Array.from({ length: before }, (_, at) => `x${at}`);
        const few = winnowed(tokensOf(words.join(" "), languageOf("a.ts")), "exact").hashes;
        const there = [...strange, ...run, "y", "z"].join(" ");
        const all = new Set(fingerprints(tokensOf(there, languageOf("a.ts")), "exact").hashes);
        expect(few.some((hash) => all.has(hash))).toBe(true);
      }),
    );
  });

  test("tell the lines they cover", () => {
    const { from, to } = fingerprints(tokensOf("a b c\nd e f\ng", languageOf("a.ts")), "exact");
    expect([[...from], [...to]]).toEqual([
      [1, 1],
      [2, 3],
    ]);
  });
});

describe("a veil", () => {
  const hashes = fc.array(fc.nat(2 ** 31).map((low) => low * 65_537));
  test("gives back what it hid, and keeps apart what was apart", () => {
    fc.assert(
      fc.property(hashes, (numbers) => {
        const given = Float64Array.from([0, 2 ** 48 - 1, ...numbers]);
        const kept = hidden.hide(given);
        expect(hidden.show(kept)).toEqual(given);
        expect(new Set(kept).size).toBe(new Set(given).size);
        expect(kept.every((one) => Number.isInteger(one) && one >= 0 && one < 2 ** 48)).toBe(true);
      }),
    );
  });

  test("of another key hides them in another way", () => {
    const given = Float64Array.from({ length: 1000 }, (_, at) => at);
    const ours = new Set(hidden.hide(given));
    expect(
      veil(Buffer.from("another key"))
        .hide(given)
        .some((one) => ours.has(one)),
    ).toBe(false);
  });
});

describe("added lines", () => {
  test("are a diff's", () => {
    expect([...addedLines("a\nb\nc\n", "a\nx\nc\nd\n")]).toEqual([2, 4]);
    expect([...addedLines("", "a\nb")]).toEqual([1, 2]);
    expect([...addedLines("a\r\nb\r\n", "a\nb\n")]).toEqual([]);
  });

  test("without them what is left stood there before, in order", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const added = addedLines(before.join("\n"), after.join("\n"));
        const kept = after.filter((_, at) => !added.has(at + 1));
        let from = 0;
        for (const line of kept) {
          const at = before.indexOf(line, from);
          expect(at).toBeGreaterThanOrEqual(0);
          from = at + 1;
        }
        if (before.join() === after.join()) expect(added.size).toBe(0);
      }),
    );
  });
});

const code = [
  "export function total(items: readonly Item[], rate: number): number {",
  "  let sum = 0;",
  "  for (const item of items) {",
  "    if (item.price < 0) throw new RangeError('a price below zero');",
  "    sum += item.price * item.count;",
  "  }",
  "  return Math.round(sum * (1 + rate) * 100) / 100;",
  "}",
].join("\n");

function suggestion(text: string, path = "a.ts"): Suggestion {
  const tokens = tokensOf(text, languageOf(path));
  const of = (channel: Channel) => winnowed(tokens, channel).hashes;
  return {
    record: "r",
    index: 0,
    session: "s",
    at: 1,
    principal: "p",
    turn: 1,
    lines: 8,
    hashes: { exact: of("exact"), abstract: of("abstract") },
  };
}

function likeness(suggested: string, committed: string, before = ""): string {
  const index = (text: string, channel: Channel): ChangeIndex => {
    const made = new ChangeIndex(channel);
    made.add(0, fingerprints(tokensOf(text, languageOf("a.ts")), channel), () => true);
    return made;
  };
  const change = { exact: index(committed, "exact"), abstract: index(committed, "abstract") };
  const had = tokensOf(before, languageOf("a.ts"));
  const base = new HashSet([
    ...fingerprints(had, "exact").hashes,
    ...fingerprints(had, "abstract").hashes,
  ]);
  const found = compare(suggestion(suggested), change, base);
  return "channel" in found ? `${found.kind} ${found.channel}` : found.kind;
}

describe("what content alone says", () => {
  const renamed = code.replace(/\b(items|item|rate|sum|total)\b/g, "x$1");
  const elsewhere = `class A { open(port: string) { return this.server.listen(port, () => log("up")); } }`;
  test.each([
    ["taken as it is", code, "", "strong exact"],
    ["with another layout", code.replace(/\n\s*/g, "\n\t\t"), "", "strong exact"],
    ["with other names", renamed, "", "strong abstract"],
    [
      "half of it, amid other code",
      `${elsewhere}\n${code.slice(0, 160)}\n${elsewhere}`,
      "",
      "partial exact",
    ],
    ["not at all", elsewhere, "", "none"],
    ["when the repository had it all before", code, code, "unattributable"],
  ])("%s", (_name, committed, before, expected) => {
    expect(likeness(code, committed, before)).toBe(expected);
  });
});

test("a packed suggestion is read back as it was, in about half a kilobyte", () => {
  const whole = {
    ...suggestion(code),
    actor: "octocat",
    model: "gpt-5",
    path: "src/ü.ts",
    blob: "b".repeat(40),
  };
  expect(unpack(pack(whole, hidden), hidden)).toEqual(whole);
  const { hashes: _, ...origin } = whole;
  expect(blobOf(pack(whole, hidden))).toBe(whole.blob);
  expect(blobOf(pack(suggestion(code), hidden))).toBeUndefined();
  expect(originOf(pack(whole, hidden))).toEqual(origin);
  expect(pack(whole, hidden).length).toBeLessThan(512);
});

describe("the prints of what a model gave", () => {
  const few = (text: string, path: string) => {
    const language = languageOf(path);
    const tokens = tokensOf(text, language);
    return {
      hashes: {
        exact: winnowed(tokens, "exact").hashes,
        abstract: language.shaped ? winnowed(tokens, "abstract").hashes : new Float64Array(),
      },
      lines: new Set(tokens.lines.subarray(0, tokens.length)).size,
    };
  };

  test("are those of its tokens, whatever text came before", () => {
    const word = fc.constantFrom("if", "a", "bc", "42", "(", ")", "+=", '"s"', "\n", "// c\n");
    const code = fc.array(word, { maxLength: 300, size: "max" }).map((words) => words.join(" "));
    fc.assert(
      fc.property(fc.array(fc.tuple(code, fc.constantFrom("a.ts", "a.yaml"))), (texts) => {
        const made = texts.map(([text, path]) => printsOf(text, languageOf(path)));
        expect(made).toEqual(texts.map(([text, path]) => few(text, path)));
      }),
    );
  });

  test("of a text too long to make room for are the same, and so are the next one's", () => {
    const long = Array.from({ length: 300_000 }, (_, at) => `w${at % 9973}`).join("\n");
    expect(printsOf(long, languageOf("a.ts"))).toEqual(few(long, "a.ts"));
    expect(printsOf("a b c d e f g h", languageOf("a.ts"))).toEqual(few("a b c d e f g h", "a.ts"));
  });
});

test("a text is new the first time, however many there are of its length", () => {
  const text = fc.string({ maxLength: 3 });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 50, size: "max" }), (given) => {
      const texts = new Texts();
      const known = new Set<string>();
      for (const one of given) {
        expect(texts.isNew(one)).toBe(!known.has(one));
        known.add(one);
      }
    }),
  );
});
