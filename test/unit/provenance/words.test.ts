import { describe, expect, test } from "vitest";
import type { Said } from "../../../src/core/said.ts";
import { claimsOf } from "../../../src/provenance/claims.ts";
import { blobId, suggestedBy } from "../../../src/provenance/suggested.ts";

describe("claims in a commit's message, held against what was seen", () => {
  test.each([
    ["Assisted-by: Copilot:claude-demo", "strong", ["claude-demo"], "seen"],
    ["Assisted-by: Copilot:gpt-9", "strong", ["claude-demo"], "contradicted"],
    ["Assisted-by: Copilot:claude-demo", "none", [], "not seen"],
    ["Agent-Logs-Url: https://example.test/logs/1", "partial", ["claude-demo"], "seen"],
    ["Co-authored-by: Copilot <copilot@example.test>", "temporal", [], "not seen"],
  ] as const)("%s, evidence %s", (line, evidence, models, verdict) => {
    const [claim] = claimsOf(`Add it\n\n${line}\n`, evidence, models);
    expect(`${claim?.trailer}: ${claim?.value}`).toBe(line);
    expect(claim?.verdict).toBe(verdict);
  });

  test.each(["Co-authored-by: Mona Lisa <mona@example.test>", "Signed-off-by: A <a@b.c>", "a: b"])(
    "%s claims nothing of assistance",
    (line) => {
      expect(claimsOf(`x\n\n${line}`, "strong", [])).toEqual([]);
    },
  );
});

describe("what counts as suggested code", () => {
  const said = (part: Said["part"], role: Said["role"] = "assistant"): Said =>
    ({ role, turn: 2, model: "m", part }) as Said;
  const call = (name: string, given: object | string) => {
    const text = typeof given === "string" ? given : JSON.stringify(given);
    return suggestedBy(said({ kind: "toolCall", name, arguments: text } as Said["part"]));
  };
  const code = "let a = 1;\nlet b = 2;\n";

  test("a whole file that a tool is to write, with the id that git will give it", () => {
    expect(call("create", { path: "src/a.ts", file_text: code })).toMatchObject([
      { text: code, path: "src/a.ts", tool: "create", turn: 2, model: "m", blob: blobId(code) },
    ]);
  });

  test("what is put in, not what is to go", () => {
    const found = call("edit", { path: "a.py", old_str: "x\ny\n", new_str: code });
    expect(found).toMatchObject([{ text: code, path: "a.py", language: { name: "python" } }]);
    expect(found[0]).not.toHaveProperty("blob");
  });

  test("each file of a push", () => {
    const files = ["a.go", "b.rs"].map((path) => ({ path, content: code }));
    expect(call("push_files", { owner: "acme", files }).map(({ path }) => path)).toEqual([
      "a.go",
      "b.rs",
    ]);
  });

  test("the added lines of a patch, file by file", () => {
    const patch = [
      ...["*** Begin Patch", "*** Update File: a.ts", "@@", " same", "-old", "+new"],
      ...["*** Add File: b.ts", "+one", "+two", "*** End Patch"],
    ].join("\n");
    expect(call("apply_patch", patch)).toMatchObject([
      { path: "a.ts", text: "new\n" },
      { path: "b.ts", text: "one\ntwo\n", blob: blobId("one\ntwo\n") },
    ]);
  });

  test("nothing of one line, and nothing that a person said", () => {
    expect(call("bash", { command: "ls" })).toEqual([]);
    const fence = { kind: "code", info: "ts", text: code } as Said["part"];
    expect(suggestedBy(said(fence, "user"))).toEqual([]);
    expect(suggestedBy(said(fence))).toMatchObject([{ text: code }]);
  });
});
