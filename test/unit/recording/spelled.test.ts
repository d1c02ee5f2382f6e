import { expect, test } from "vitest";
import type { Entry } from "../../../src/recording/entry.ts";
import { spelled } from "../../../src/recording/spelled.ts";
import { anOperation, aPrincipal } from "../../support/facts.ts";

const connection = { name: "github-api", kind: "github-api", upstream: "https://api.github.com" };
const opened = (principal = aPrincipal()): Entry => ({
  k: "open",
  record: "rec_1",
  at: 1,
  level: "full",
  raw: true,
  principal,
  connection,
  protocol: "github-rest",
  method: "POST",
  path: '/a"b?c=\u2028\n',
  scheme: "https",
  authority: "gateway",
  headers: [["x-odd", 'é"\\']],
  operations: [anOperation({ name: "issue.create" })],
  rules: ["a"],
  observed: [],
});

test("an entry is spelled as JSON has it, whether its principal came before or not", () => {
  const one = opened();
  for (const entry of [
    one,
    one,
    opened(aPrincipal()),
    { k: "end", t: 5, end: "completed" } as const,
  ])
    expect(spelled(entry)).toBe(JSON.stringify(entry));
});
