import fc from "fast-check";
import { buildSchema, graphql } from "graphql";
import { describe, expect, it } from "vitest";
import { Fields } from "../../../src/http/fields.ts";
import { concat } from "../../../src/http/transform.ts";
import { meterModel } from "../../../src/protocols/chat/meter.ts";
import { readDocument } from "../../../src/protocols/graphql/document.ts";
import { createProtocols } from "../../../src/protocols/index.ts";
import { type Ask, feed } from "../../unit/protocols/asking.ts";

const protocols = createProtocols();

describe("GraphQL documents", () => {
  const schema = buildSchema(`type Query { a(x: Int): Int b(x: Int): Int }
    type Mutation { a(x: Int): Int b(x: Int): Int }`);
  const field = fc
    .tuple(
      fc.constantFrom("", "k: ", "b: "),
      fc.constantFrom("a", "b"),
      fc.constantFrom("", "(x: 1)", "(x: $v)"),
    )
    .map((parts) => parts.join(""));
  const selection = fc.oneof(
    { weight: 3, arbitrary: field },
    fc.constantFrom(
      "...F",
      "...G",
      "... on Mutation { ...G }",
      "... { a }",
      "... @include(if: true) { b }",
    ),
  );
  const selections = fc
    .array(selection, { minLength: 1, maxLength: 4 })
    .map((all) => all.join(" "));
  const document = fc
    .tuple(selections, selections, selections, fc.constantFrom("", "query Q { a }"))
    .map(
      ([main, f, g, other]) =>
        `${other} mutation M($v: Int = 2) { ${main} } fragment F on Mutation { ${f} } fragment G on Mutation { ${g} }`,
    );

  it("no field runs that was not read, with the arguments that were read", async () => {
    await fc.assert(
      fc.asyncProperty(
        document,
        fc.constantFrom<number | undefined>(undefined, 7),
        async (source, v) => {
          const variableValues = v === undefined ? {} : { v };
          const ran: string[] = [];
          const run =
            (name: string) =>
            ({ x }: { readonly x?: number }) => {
              ran.push(JSON.stringify([name, x ?? null]));
              return 0;
            };
          const rootValue = { a: run("a"), b: run("b") };
          await graphql({ schema, source, rootValue, variableValues, operationName: "M" });
          const read = readDocument(source, "M", variableValues);
          const seen = read.ok
            ? read.value.fields.map(({ name, arguments: given }) =>
                JSON.stringify([name, given["x"] === undefined ? null : Number(given["x"])]),
              )
            : undefined;
          if (seen !== undefined) for (const one of ran) expect(seen).toContain(one);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("what is taken out of a list of tools, and what an answer tells of itself", () => {
  const chunks = (bytes: Uint8Array, size: number) =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
  const form = fc.constantFrom("application/json", "text/event-stream");
  const text = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc.anything().map((tools) => JSON.stringify({ jsonrpc: "2.0", id: 1, result: { tools } })),
    fc
      .array(fc.constantFrom("secret_tool", "get_me", 7, null), { maxLength: 5 })
      .map((names) =>
        JSON.stringify({ id: 1, result: { tools: names.map((name) => ({ name })) } }),
      ),
  );

  it("no forbidden tool goes by, whatever stands around it and however it is cut", () => {
    fc.assert(
      fc.property(form, text, fc.integer({ min: 1, max: 40 }), (type, body, size) => {
        const list: Ask = {
          kind: "copilot",
          method: "POST",
          path: "/mcp",
          body: { jsonrpc: "2.0", id: 1, method: "tools/list" },
        };
        const { parser } = feed(list, 1 << 20, protocols);
        const fields = new Fields([["content-type", type]]);
        const narrow = parser.narrow?.(
          { status: 200, fields },
          ({ attributes }) => attributes["tool"] !== "secret_tool",
        );
        const sent = type === "application/json" ? body : `data: ${body}\n\n`;
        const out = chunks(new TextEncoder().encode(sent), size).map((chunk) =>
          narrow?.write(chunk),
        );
        const told = new TextDecoder().decode(
          concat([...out, narrow?.flush()].map((part) => part ?? new Uint8Array(0))),
        );
        if (isList(body)) expect(told).not.toContain("secret_tool");
        else expect(told).toBe(sent);
      }),
      { numRuns: 1000 },
    );
  });

  it("a meter never throws, and tells the same however it is cut", () => {
    const usage = fc
      .record({
        model: fc.anything(),
        usage: fc.anything(),
        choices: fc.anything(),
        delta: fc.anything(),
      })
      .map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(
        form,
        fc.oneof(usage, fc.string()),
        fc.integer({ min: 1, max: 30 }),
        (type, body, size) => {
          const fields = new Fields([["content-type", type]]);
          const sent = new TextEncoder().encode(`data: ${body}\n\n${body}`);
          const read = (step: number) => {
            const meter = meterModel({ status: 200, fields });
            for (const chunk of chunks(sent, step)) meter.write(chunk);
            return meter.read();
          };
          expect(read(size)).toEqual(read(1 << 20));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

function isList(body: string): boolean {
  try {
    const { result } = JSON.parse(body) as { readonly result?: { readonly tools?: unknown } };
    return Array.isArray(result?.tools);
  } catch {
    return false;
  }
}
