import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { operationNames } from "../../../src/protocols/operation-names.ts";

test("a policy may ask for every operation that the catalogue documents, and for no other", () => {
  const page = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
  const documented = [...page.matchAll(/^(?:### |\| )`([^`]+)`/gm)].map((match) => match[1]);
  expect(operationNames).toEqual(documented.sort());
});
