import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chatLens,
  formLens,
  githubLens,
  jsonLens,
  sseChatLens,
} from "../../../src/protocols/chat/lens.ts";
import { every, run, runSlowly, secrets } from "./lens-fixture.ts";

const word = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  fc.constantFrom(
    ...secrets.map((secret) => ` ${secret} `),
    '"',
    "\\",
    "\n",
    "/",
    "é",
    "😀",
    "\ud800",
  ),
);
const string = fc.array(word, { maxLength: 5 }).map((words) => words.join(""));
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    string,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    tie("list"),
    tie("object"),
  ),
  list: fc.array(tie("any"), { maxLength: 4 }),
  object: fc.dictionary(
    fc.oneof(fc.constantFrom("a", "content", "arguments", "x.y", "password", "text"), string),
    tie("any"),
    { maxKeys: 4 },
  ),
})).any;
const cuts = fc.array(fc.nat(), { maxLength: 30 });

/** Writes strings with every other character escaped, so that spellings can be seen to survive. */
function spelled(json: string, seed: number): string {
  let count = seed;
  return json.replace(/[a-zA-Z/é😀](?=[^"\\]*")/gu, (character) => {
    count++;
    if (count % 5 > 0) return character;
    if (character === "/") return "\\/";
    return [...character]
      .flatMap((c) => c.split(""))
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join("");
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Both parsed alike, where a string may have been masked in place. */
function agree(before: unknown, after: unknown): void {
  if (typeof before === "string" && typeof after === "string") {
    if (before !== after) expect(after).toContain("[REDACTED:");
  } else if (Array.isArray(before) && Array.isArray(after)) {
    expect(after).toHaveLength(before.length);
    before.forEach((item, index) => {
      agree(item, after[index]);
    });
  } else if (
    typeof before === "object" &&
    before !== null &&
    typeof after === "object" &&
    after !== null
  ) {
    expect(Object.keys(after)).toHaveLength(Object.keys(before).length);
    const values = Object.entries(after);
    Object.entries(before).forEach(([, item], index) => {
      agree(item, values[index]?.[1]);
    });
  } else expect(after).toEqual(before);
}

describe("the JSON lens", () => {
  it("gives the same however the document is cut, keeps it JSON, and leaves no secret", () => {
    fc.assert(
      fc.property(value, fc.nat(9), cuts, (document, seed, places) => {
        const before = JSON.stringify(document, null, seed % 3);
        const respelled = spelled(before, seed);
        const text = isJson(respelled) ? respelled : before;
        const body = Buffer.from(text);
        for (const lens of [jsonLens, chatLens, githubLens]) {
          const whole = run(lens, body);
          const slow = runSlowly(lens, body);
          expect(whole.out.toString()).toBe(slow.out.toString());
          expect(whole.findings).toEqual(slow.findings);
          for (const cut of [places, every(1, body)]) {
            const parts = run(lens, body, cut);
            expect(parts.out.toString()).toBe(whole.out.toString());
            expect(parts.findings).toEqual(whole.findings);
          }
          agree(JSON.parse(text), JSON.parse(whole.out.toString()));
          for (const secret of secrets)
            expect(JSON.stringify(JSON.parse(whole.out.toString()))).not.toContain(secret);
          if (whole.findings.length === 0 && lens === jsonLens)
            expect(whole.out.equals(body)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("scans what is not JSON, from where it is not", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 20 }),
        fc.constantFrom(...secrets),
        cuts,
        (junk, secret, places) => {
          const body = Buffer.from(`{"a": ${junk} ${secret} `);
          const whole = run(jsonLens, body);
          expect(whole.out.toString()).not.toContain(secret);
          expect(run(jsonLens, body, places).out.equals(whole.out)).toBe(true);
        },
      ),
    );
  });
});

describe("the form lens", () => {
  it("gives the same however the form is cut, and keeps its fields", () => {
    const fields = fc.array(
      fc.tuple(
        string.map((name) => name.toWellFormed()),
        string.map((text) => text.toWellFormed()),
      ),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(fields, cuts, (pairs, places) => {
        const body = Buffer.from(new URLSearchParams(pairs).toString());
        const whole = run(formLens, body);
        expect(run(formLens, body, places).out.toString()).toBe(whole.out.toString());
        const after = [...new URLSearchParams(whole.out.toString())];
        agree(pairs.flat(), after.flat());
        for (const secret of secrets) expect(after.flat().join("\n")).not.toContain(secret);
      }),
      { numRuns: 150 },
    );
  });
});

interface Piece {
  readonly choice: number;
  readonly text: string;
}

describe("the lens for streamed chat", () => {
  it("masks each choice's text as if it had come whole, wherever events and chunks are cut", () => {
    const texts = fc.array(
      string.map((text) => text.toWellFormed()),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 9 }), cuts, (choices, size, places) => {
        const pieces = choices.flatMap((text, choice): Piece[] =>
          [...text]
            .reduce<string[]>((parts, c, i) => {
              if (i % size === 0) parts.push("");
              parts[parts.length - 1] += c;
              return parts;
            }, [])
            .map((part) => ({ choice, text: part })),
        );
        const body = Buffer.from(
          `${[
            ...pieces.map(({ choice, text }) => chunk(choice, { content: text })),
            ...choices.map((_, choice) => chunk(choice, {}, "stop")),
          ].join("")}data: [DONE]\n\n`,
        );
        const whole = run(sseChatLens, body);
        expect(whole.out.toString()).toBe(runSlowly(sseChatLens, body).out.toString());
        expect(run(sseChatLens, body, places).out.toString()).toBe(whole.out.toString());
        choices.forEach((text, choice) => {
          const expected = run((open) => open("x.content"), Buffer.from(text)).out.toString();
          expect(contentOf(whole.out.toString(), choice)).toBe(expected);
        });
      }),
      { numRuns: 100 },
    );
  });
});

function chunk(index: number, delta: object, finish: string | null = null): string {
  return `data: ${JSON.stringify({ id: "c", choices: [{ index, delta, finish_reason: finish }] })}\n\n`;
}

function contentOf(stream: string, choice: number): string {
  return stream
    .split("\n\n")
    .filter((event) => event.startsWith("data: {"))
    .map((event) => JSON.parse(event.slice(6)).choices[0])
    .filter((part) => part.index === choice)
    .map((part) => part.delta.content ?? "")
    .join("");
}
