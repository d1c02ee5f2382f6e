import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../../../src/config/file.ts";
import { writeDemoSetting } from "../../../src/demo/setting.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

test.each([
  [undefined, 8443, 9003],
  [true, 0, 0],
])("the demo's config is one that Sallyport reads (any port: %s)", async (anyPort, proxy, api) => {
  const dir = join(folder.path, String(anyPort));
  const url = (port: number) => `http://127.0.0.1:${port}`;
  const file = await writeDemoSetting({
    dir,
    issuer: url(1),
    upstream: url(2),
    collector: url(3),
    credential: "only-in-its-own-file",
    ...(anyPort === undefined ? {} : { anyPort }),
  });
  const config = loadConfig(file);
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  const { listen, connections, identity, policy } = config.value;
  expect([listen.proxy.port, listen.api.port]).toEqual([proxy, api]);
  expect(connections.map(({ upstream }) => upstream.href)).toEqual(Array(3).fill(`${url(2)}/`));
  expect(identity.issuers.map(({ name }) => name)).toEqual(["ci", "people"]);
  expect(policy).toBe(join(dir, "policy.yaml"));
  expect(await readFile(file, "utf8")).not.toContain("only-in-its-own-file");
  expect((await stat(join(dir, "credential"))).mode & 0o777).toBe(0o600);
});
