import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createRepository } from "./create-repository.ts";
import { editCi } from "./edit-ci.ts";
import { evasions } from "./evasions.ts";
import { harmless } from "./harmless.ts";
import { type House, openHouse, type Way } from "./house.ts";
import { pushToMain } from "./push-to-main.ts";

/** Three things that a policy must be able to say in one line each, and every way to do them anyway. */
let house: House;
beforeAll(async () => {
  house = await openHouse();
}, 120_000);
afterAll(() => house?.stop());
afterEach(() => house.restore());

async function attempt(way: Way, environment: string) {
  const { token = "", ...access } = await house.stack.access({ environment });
  const before = await house.snapshot();
  const said = await way(house, { ...access, token });
  return { said, changed: (await house.snapshot()) !== before };
}

describe.each([
  ["making a repository", createRepository, "People make repositories."],
  ["changing a protected branch", pushToMain, "Open a pull request to main."],
  ["changing what CI runs", editCi, "People change what CI runs."],
])("%s", (_name, ways, reason) => {
  it.each(Object.entries(ways))(
    "%s",
    async (_way, way) => {
      const refused = await attempt(way, "ci");
      expect(refused.said).toContain(reason);
      expect(refused.changed).toBe(false);
      // The same by somebody who may: it is no broken way that was refused.
      const allowed = await attempt(way, "release");
      expect(allowed.said).not.toContain(reason);
      expect(allowed.changed, allowed.said).toBe(true);
    },
    60_000,
  );
});

describe("what no rule forbids", () => {
  it.each(Object.entries(harmless))(
    "%s",
    async (_way, way) => {
      const { said, changed } = await attempt(way, "ci");
      expect(changed, said).toBe(true);
    },
    60_000,
  );
});

describe.each(["json", "events"])("the MCP SDK lists the tools, as %s", (form) => {
  it.each([
    ["ci", false],
    ["release", true],
  ])("to the job in %s", async (environment, creates) => {
    const as = await house.stack.access({ environment });
    const said = await house.sdk(as, { kind: "mcp", headers: { "x-demo-answer": form } });
    const names = JSON.parse(said) as readonly string[];
    expect(names).toEqual(expect.arrayContaining(["get_me", "push_files", "merge_pull_request"]));
    expect(names.includes("create_repository")).toBe(creates);
    expect(names.includes("fork_repository")).toBe(creates);
  });
});

describe("spellings that hope to be read in another way", () => {
  it.each(Object.entries(evasions))("%s", async (_way, way) => {
    const from = house.stack.upstream.log.length;
    const { said, changed } = await attempt(way, "ci");
    expect(changed, said).toBe(false);
    expect(said).toMatch(/"(message|error|errors|isError)":/);
    const writes = house.stack.upstream.log.slice(from).filter(({ method }) => method !== "GET");
    expect(writes).toEqual([]);
  });
});
