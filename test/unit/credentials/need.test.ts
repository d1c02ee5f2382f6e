import { describe, expect, it } from "vitest";
import type { NonEmpty } from "../../../src/base/non-empty.ts";
import type { Operation } from "../../../src/core/operation.ts";
import { scopeFor } from "../../../src/credentials/app-scope.ts";
import { needOf } from "../../../src/credentials/need.ts";

const operation = (resource: string, access: "read" | "write" = "read"): Operation => ({
  protocol: "github-rest",
  name: "contents.read",
  access,
  resource,
  attributes: {},
});
const app = operation("github.com/acme/app");

const cases: readonly [string, NonEmpty<Operation>, object][] = [
  ["a read of one repository", [app], { repositories: ["app"], access: "read" }],
  ["a write to it", [operation("github.com/acme/app", "write")], { repositories: ["app"] }],
  [
    "reads of two, one of them twice",
    [app, operation("github.com/Acme/lib"), app],
    { repositories: ["app", "lib"], access: "read" },
  ],
  [
    "a read and a write",
    [app, operation("github.com/acme/app", "write")],
    { repositories: ["app"] },
  ],
  ["repositories of two owners", [app, operation("github.com/other/app")], { access: "read" }],
  ["what is no repository", [app, operation("github.com")], { access: "read" }],
  ["an owner that is not known", [operation("github.com/?/app")], { access: "read" }],
  ["a deeper path", [operation("github.com/acme/app/x")], { access: "read" }],
];

describe("needOf", () => {
  it.each(cases)("%s", (_, operations, need) => {
    expect(needOf(operations)).toEqual(need);
  });
});

describe("scopeFor", () => {
  it("gives reading alone of all that is configured, when nothing is written", () => {
    const configured = { permissions: { contents: "write", issues: "read", secrets: "admin" } };
    expect(scopeFor(configured, { access: "read" })).toEqual({
      ok: true,
      value: { permissions: { contents: "read", issues: "read", secrets: "read" } },
    });
    expect(scopeFor({}, { access: "read" })).toEqual({ ok: true, value: {} });
  });
});
