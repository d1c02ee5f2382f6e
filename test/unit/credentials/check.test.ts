import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkCredentials, weigh } from "../../../src/credentials/check.ts";
import type { SourceConfig } from "../../../src/credentials/config.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { ManualClock } from "./manual-clock.ts";

const env = (name: string) => ({ kind: "env", name }) as const;
const url = new URL("https://x.test");

it("tells what this machine lacks, and whether that can change, without a word of what it holds", async () => {
  const folder = await temporaryFolder();
  const path = join(folder.path, "open");
  await writeFile(path, "a-value-that-others-read");
  await chmod(path, 0o644);
  const sources: readonly SourceConfig[] = [
    env("GOOD"),
    env("UNSET"),
    env("EMPTY"),
    { kind: "file", path },
    { kind: "sealed", path, key: env("GOOD") },
    { kind: "vault", address: url, path: "secret/data/x", field: "value", token: env("UNSET") },
    { kind: "github-app", appId: "1", installation: "2", api: url, key: env("GOOD") },
    { kind: "copilot-token", credential: "c0", api: url },
  ];
  const configs = sources.map((source, index) => ({ name: `c${index}`, source }));
  const values = { GOOD: "a-good-value", EMPTY: "" };
  const parts = { clock: new ManualClock(), env: values };
  const problems = await checkCredentials(configs, parts);
  expect(problems.map(({ name, lasting }) => `${name} ${lasting}`)).toEqual([
    "c1 true",
    "c2 true",
    "c3 false",
    "c4 true",
    "c5 true",
    "c6 true",
  ]);
  expect(JSON.stringify(problems)).not.toMatch(/a-good-value|a-value-that/);
  const told: string[] = [];
  const weighed = weigh(problems, (name) => told.push(name));
  expect(told).toEqual(["c3"]);
  expect(weighed).toMatchObject({
    ok: false,
    error: expect.stringContaining("UNSET: it is not set"),
  });
  expect(weigh([], () => undefined).ok).toBe(true);
  await folder.remove();
});
