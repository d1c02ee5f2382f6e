import { expect, it } from "vitest";
import { Fields } from "../../../../src/http/fields.ts";
import { passThrough } from "../../../../src/http/transform.ts";
import { type Ask, headOf, protocolFor } from "../asking.ts";

const ask: Ask = { kind: "git", method: "GET", path: "/acme/app/raw/main/.env" };

/** What is done to an answer of that type: nothing, or the channels that its text goes through. */
function channels(
  type: string | undefined,
  body: string,
): readonly string[] | "opaque" | undefined {
  const fields = new Fields(type === undefined ? [] : [["content-type", type]]);
  const lens = protocolFor(ask).responseLens?.({ status: 200, fields }, headOf(ask));
  if (lens === undefined || lens === "opaque") return lens;
  const opened: string[] = [];
  const transform = lens((channel) => {
    opened.push(channel);
    return passThrough;
  });
  transform.write(new TextEncoder().encode(body));
  transform.flush();
  return opened;
}

it.each([
  ["application/x-git-upload-pack-result", "opaque"],
  ["application/x-git-receive-pack-result", "opaque"],
  ["application/vnd.git-lfs+json", "opaque"],
  ["application/x-git-receive-pack-advertisement", []],
  ["text/plain; charset=utf-8", ["body"]],
  [undefined, ["body"]],
] as const)("of a git host's answers, %s", (type, expected) => {
  expect(channels(type, "001f")).toEqual(expected);
});
