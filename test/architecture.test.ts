import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { judge, readImports, readRules, vagueNames } from "./support/layers.ts";

const root = join(import.meta.dirname, "..");
const rules = await readRules(root);
const broken = (from: string, to: string): readonly string[] =>
  judge(rules, [{ from, to }]).map((violation) => violation.split(":")[0] ?? "");

describe("the layer rules can fail: each refuses what it is there for", () => {
  test.each([
    ["src/base/clock.ts", "src/core/facts.ts", "leaves-know-no-product"],
    ["src/core/facts.ts", "src/policy/bind.ts", "core-is-nouns"],
    ["src/policy/bind.ts", "src/gateway/admit.ts", "features-do-not-look-up"],
    ["src/policy/bind.ts", "src/detection/scan.ts", "features-are-strangers"],
    ["src/actions/mask/index.ts", "src/policy/bind.ts", "actions-use-their-four-abilities"],
    ["src/gateway/exchange.ts", "src/extproc/decode.ts", "gateway-knows-no-wire"],
    ["src/api/server.ts", "src/policy/bind.ts", "wires-know-no-rules"],
    ["src/gateway/exchange.ts", "node_modules/@grpc/grpc-js", "grpc-stays-in-extproc"],
    ["src/envoy/bootstrap.ts", "src/assembly/house.ts", "assembly-is-on-top"],
    ["src/policy/bind.ts", "node:fs/promises", "effects-at-the-edge"],
    ["src/policy/bind.ts", "node_modules/ioredis", "effects-at-the-edge"],
    ["src/policy/bind.ts", "test/support/layers.ts", "sources-do-not-import-tests"],
  ])("%s must not import %s", (from, to, rule) => {
    expect(broken(from, to)).toContain(rule);
  });

  test.each([
    ["src/policy/bind.ts", "src/policy/schema.ts"],
    ["src/policy/bind.ts", "src/core/facts.ts"],
    ["src/actions/mask/index.ts", "src/detection/scan.ts"],
    ["src/policy/file.ts", "node:fs/promises"],
    ["src/main.ts", "src/extproc/server.ts"],
  ])("%s may import %s", (from, to) => {
    expect(broken(from, to)).toEqual([]);
  });

  test("a cycle is found however long, and once", () => {
    const edges = [
      ["a", "b"],
      ["b", "c"],
      ["c", "a"],
      ["d", "a"],
    ].map(([from = "", to = ""]) => ({ from, to }));
    expect(judge(rules, edges)).toEqual(["no-cycles: a → b → c → a"]);
  });

  test("names that say nothing are refused as file and as folder", () => {
    expect(vagueNames(["src/a/utils.ts", "src/shared/a.ts", "src/core/facts.ts"])).toHaveLength(2);
  });
});

test("imports of every form are seen", () => {
  const found = readImports(root, "test/fixtures/imports-of-every-form.ts");
  expect(found.map(({ to }) => to)).toEqual([
    "node:fs",
    "test/support/layers.ts",
    "node_modules/@grpc/grpc-js",
    "node:net",
    "node:tls",
    "test/support/layers.ts",
  ]);
});
