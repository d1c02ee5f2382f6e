import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { err, ok, type Result } from "../../base/result.ts";
import type { Repositories } from "../repositories.ts";
import { recordsOf } from "../visit.ts";
import { isPath } from "./contents-routes.ts";
import { noObject } from "./revision.ts";

type Entry = Readonly<Record<string, unknown>>;

/** Makes a tree of entries as `POST git/trees` takes them, on top of another one where that is named. */
export async function makeTree(
  repositories: Repositories,
  name: string,
  given: unknown,
  base: unknown,
): Promise<Result<string>> {
  const entries = recordsOf(given);
  if (entries.length === 0) return err("Invalid tree info");
  const file = join(repositories.root, `${name}.git`, `index-${randomUUID()}`);
  const index = { GIT_INDEX_FILE: file };
  try {
    if (typeof base === "string")
      await repositories.git(name, ["read-tree", `${base}^{tree}`], index);
    for (const entry of entries) await place(repositories, name, index, entry);
    return ok(await repositories.text(name, ["write-tree"], index));
  } catch {
    return err("Invalid tree info");
  } finally {
    await rm(file, { force: true });
  }
}

async function place(
  repositories: Repositories,
  name: string,
  index: Readonly<Record<string, string>>,
  { path, mode = "100644", sha, content }: Entry,
): Promise<void> {
  if (typeof path !== "string" || !isPath(path)) throw new TypeError("no path");
  // A file takes the place of a directory of that name, and the other way round.
  const there = await repositories.git(
    name,
    ["--literal-pathspecs", "ls-files", "-z", path],
    index,
  );
  const gone = there.toString("utf8").split("\0").filter(Boolean);
  const lines = gone.map((file) => `0 ${noObject}\t${file}\0`).join("");
  await repositories.git(name, ["update-index", "-z", "--index-info"], index, Buffer.from(lines));
  if (sha === null) return;
  if (mode === "040000") {
    const listed = await repositories.git(name, ["ls-tree", "-r", "-z", String(sha)]);
    const files = listed.toString("utf8").replaceAll("\t", `\t${path}/`);
    await repositories.git(name, ["update-index", "-z", "--index-info"], index, Buffer.from(files));
    return;
  }
  const blob =
    typeof content === "string"
      ? await repositories.text(name, ["hash-object", "-w", "--stdin"], {}, Buffer.from(content))
      : String(sha);
  const line = `${String(mode)},${blob},${path}`;
  await repositories.git(name, ["update-index", "--add", "--cacheinfo", line], index);
}
