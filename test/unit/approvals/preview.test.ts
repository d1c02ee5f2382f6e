import { describe, expect, test } from "vitest";
import { withoutRequestId } from "../../../src/approvals/json-rpc.ts";
import { previewOf } from "../../../src/approvals/preview.ts";
import { visible } from "../../../src/approvals/visible.ts";
import { someFacts } from "./house.ts";
import { wholeMasker } from "./whole-masker.ts";

/** Masks the word `hunter2`, and reports it. */
const masker = wholeMasker("word", /hunter2/g, "[masked]");

describe("the preview", () => {
  test("masks the body, the query, and the files that a body carries in base64", async () => {
    const content = Buffer.from("password=hunter2\n").toString("base64");
    const body = JSON.stringify({ message: "hunter2", content, path: "a.txt" });
    const preview = await previewOf(someFacts({ body, path: "/a?q=hunter2" }), masker);
    expect(preview.body).toContain('"message":"[masked]"');
    expect(preview.path).toBe("/a?q=[masked]");
    expect(preview.files).toEqual([
      { path: "a.txt", text: "password=[masked]\n", bytes: 17, cut: false },
    ]);
    expect(preview.findings.map(({ channel }) => channel)).toEqual(["path", "body", "file 1"]);
  });

  test("without a masker shows neither body nor query nor files", async () => {
    const body = JSON.stringify({ content: Buffer.from("hunter2!!").toString("base64") });
    const preview = await previewOf(someFacts({ body, path: "/a?q=hunter2" }), undefined);
    expect(JSON.stringify(preview)).not.toContain("hunter2");
    expect(preview).toMatchObject({ path: "/a", cut: true });
    expect(preview).not.toHaveProperty("body");
    expect(preview.files?.[0]).not.toHaveProperty("text");
  });

  test("shows no part of a secret that lies across the cut, and says that it is cut", async () => {
    const body = `${"x".repeat(64 * 1024 - 3)}hunter2${"y".repeat(100_000)}`;
    const preview = await previewOf(someFacts({ body }), masker);
    expect(preview.body).toHaveLength(64 * 1024);
    expect(preview.body).not.toContain("hun");
    expect(preview).toMatchObject({ cut: true, bytes: body.length });
  });

  test("a body that is not text is not shown as if it were", async () => {
    const facts = { ...someFacts(), body: Buffer.from([0xff, 0xfe, 0x00]) };
    expect(await previewOf(facts, masker)).toMatchObject({ cut: true, bytes: 3 });
    expect(await previewOf(facts, masker)).not.toHaveProperty("body");
  });
});

describe("text in which nothing hides", () => {
  test.each([
    ["bidi overrides", "a\u202eb", "a<U+202E>b"],
    ["zero width characters", "a\u200bb", "a<U+200B>b"],
    ["tag characters", "a\u{e0041}b", "a<U+E0041>b"],
    ["terminal escapes", "\u001b[31m", "\u241b[31m"],
    ["carriage returns", "a\rb", "a\u240db"],
    ["fillers", "a\u3164b", "a<U+3164>b"],
    ["lone surrogates", "a\ud800b", "a<U+D800>b"],
    ["line separators", "a\u2028b", "a<U+2028>b"],
  ])("%s are written out", (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test("what people write stays as it is", () => {
    for (const text of ["Zażółć gęślą jaźń\n\tß", "日本語", "👍🏽", "e\u0301"])
      expect(visible(text)).toBe(text);
  });
});

describe("a JSON-RPC request without its id", () => {
  const same = (a: string, b: string) =>
    Buffer.compare(withoutRequestId(Buffer.from(a)), withoutRequestId(Buffer.from(b))) === 0;
  const call = (id: string, rest = '"a":1') =>
    `{"jsonrpc":"2.0", "id": ${id} ,"method":"tools/call","params":{"name":"x","arguments":{${rest}},"_meta":{"progressToken":${id}}}}`;

  test.each(["1", "2345", '"abc"', "null"])("id %s makes no difference", (id) => {
    expect(same(call("1"), call(id))).toBe(true);
  });

  test.each([
    ["an argument", call("1"), call("1", '"a":2')],
    ["an argument that is called id", call("1", '"id":1'), call("1", '"id":2')],
    [
      "an id that comes twice",
      `${call("1").slice(0, -1)},"id":1}`,
      `${call("2").slice(0, -1)},"id":2}`,
    ],
    [
      "an escaped second id",
      `{"jsonrpc":"2.0","id":1,"\\u0069d":1}`,
      `{"jsonrpc":"2.0","id":2,"\\u0069d":2}`,
    ],
    ["JSON that is no JSON-RPC", '{"id":1}', '{"id":2}'],
    ["a batch", `[${call("1")}]`, `[${call("2")}]`],
    ["broken JSON", '{"jsonrpc":"2.0","id":1', '{"jsonrpc":"2.0","id":2'],
  ])("%s makes one", (_, a, b) => {
    expect(same(a, b)).toBe(false);
  });
});
