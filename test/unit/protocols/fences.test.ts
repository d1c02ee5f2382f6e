import { expect, test } from "vitest";
import { cutFences } from "../../../src/protocols/said/fences.ts";

const code = (text: string, info = "") => ({ kind: "code", text, info });

test.each([
  ["an unclosed fence runs to the end", "```\na\n", [code("a\n")]],
  ["a longer fence holds a shorter one", "````md\n```\n````", [code("```", "md")]],
  ["tildes are fences too", "~~~ py\na\n~~~", [code("a", "py")]],
  ["code within a line is no fence", "```a``` b", [{ kind: "text", text: "```a``` b" }]],
  ["carriage returns do not hide a fence", "```js\r\na\r\n```\r\n", [code("a\r", "js")]],
])("%s", (_name, markdown, expected) => {
  expect(cutFences(markdown)).toEqual(expected);
});
