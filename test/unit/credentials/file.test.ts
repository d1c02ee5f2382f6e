import { chmod, mkdtemp, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileSource } from "../../../src/credentials/file.ts";
import { ManualClock } from "./manual-clock.ts";

let dir: string;
let path: string;
let clock: ManualClock;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "credential-"));
  path = join(dir, "token");
  clock = new ManualClock();
  await writeFile(path, "first\n", { mode: 0o600 });
});
afterEach(() => rm(dir, { recursive: true }));

const read = async (source: ReturnType<typeof fileSource>) => {
  const secret = await source.secret({});
  return secret.ok ? secret.value.reveal() : secret.error;
};

describe("a credential file", () => {
  it("gives its value without the last line break", async () => {
    expect(await read(fileSource(path, clock))).toBe("first");
  });

  it("gives the new value at once when it is written anew or replaced", async () => {
    const source = fileSource(path, clock);
    await read(source);
    await writeFile(path, "second");
    expect(await read(source)).toBe("second");
    await writeFile(`${path}.new`, "third!", { mode: 0o600 });
    await rename(`${path}.new`, path);
    expect(await read(source)).toBe("third!");
  });

  it("may be a link to a private file, as Kubernetes mounts secrets", async () => {
    await symlink(path, `${path}.link`);
    expect(await read(fileSource(`${path}.link`, clock))).toBe("first");
  });

  it.each([0o604, 0o640, 0o620, 0o601])(
    "is refused with mode %o, even after it was good",
    async (mode) => {
      const source = fileSource(path, clock);
      await read(source);
      await chmod(path, mode);
      expect(await read(source)).toMatch(/set its mode to 0600/);
    },
  );

  it("keeps its last value for five seconds while it is empty or gone, no longer", async () => {
    const source = fileSource(path, clock);
    await read(source);
    await writeFile(path, "");
    expect(await read(source)).toBe("first");
    await unlink(path);
    clock.advance(5_000);
    expect(await read(source)).toBe("first");
    clock.advance(1);
    expect(await read(source)).toMatch(/ENOENT/);
  });

  it("that is a directory or holds several lines is refused", async () => {
    expect(await read(fileSource(dir, clock))).not.toBe("first");
    await writeFile(path, "a\nb\n");
    expect(await read(fileSource(path, clock))).toMatch(/no header may carry/);
  });

  it("never fails a request while it is replaced under load", async () => {
    const source = fileSource(path, clock);
    await read(source);
    const seen = new Set<string>();
    let done = false;
    const load = (async () => {
      while (!done) {
        seen.add(await read(source));
        await turn();
      }
    })();
    for (let i = 0; i < 50; i++) {
      await writeFile(`${path}.new`, `value-${i}`, { mode: 0o600 });
      await rename(`${path}.new`, path);
    }
    done = true;
    await load;
    expect([...seen].every((value) => /^(first|value-\d+)$/.test(value))).toBe(true);
  });
});
