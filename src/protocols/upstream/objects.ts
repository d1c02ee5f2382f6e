import { z } from "zod";
import type { Commit, ObjectSource, TreeEntry } from "../objects/source.ts";
import { type ApiCall, ask } from "./api-call.ts";
import { placeOf } from "./lookup.ts";
import { Remembered } from "./remembered.ts";

const id = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
const commitAnswer = z.object({
  tree: z.object({ sha: id }),
  parents: z.array(z.object({ sha: id })),
});
const tagAnswer = z.object({ object: z.object({ sha: id, type: z.string() }) });
const treeAnswer = z.object({
  tree: z.array(z.object({ path: z.string(), mode: z.string(), sha: id })),
  truncated: z.boolean(),
});
const refAnswer = z.object({ object: z.object({ sha: id, type: z.string() }) });
const repositoryAnswer = z.object({ default_branch: z.string() });
const compareAnswer = z.object({ merge_base_commit: z.object({ sha: id }) });

/** Objects never change under their id: they are kept for as long as there is room for them. */
const objectsFor = 24 * 3_600_000;
const maxTagDepth = 5;

/** Reads commits and trees through GitHub's API, at most one call each. */
export function upstreamObjects(call: ApiCall, now: () => number): ObjectSource {
  const commits = new Remembered<Commit | undefined>({
    now,
    lifetime: objectsFor,
    capacity: 20_000,
  });
  const trees = new Remembered<readonly TreeEntry[] | undefined>({
    now,
    lifetime: objectsFor,
    // Some 50 MB of entries.
    capacity: 300_000,
    weigh: (entries) => entries?.length ?? 0,
  });
  const get = async (resource: string, path: string): Promise<unknown> => {
    const place = placeOf(resource);
    if (place === undefined) return undefined;
    return ask(call, { host: place.host, method: "GET", path: `/repos/${place.name}${path}` });
  };
  const known = async <T>(
    kept: Remembered<T | undefined>,
    key: string,
    read: () => Promise<T | undefined>,
  ) => (await kept.get(key, read)) ?? kept.forget(key);
  return {
    commit: (resource, commit) =>
      known(commits, `${resource} ${commit}`, () => readCommit(get, resource, commit, 0)),
    tree: (resource, tree) =>
      known(trees, `${resource} ${tree}`, () => readTree(get, resource, tree)),
    tip: (resource, ref) => readTip(get, resource, ref),
    mergeBase: async (resource, a, b) => {
      if (a === b) return a;
      const answer = await get(resource, `/compare/${a}...${b}?per_page=1`);
      return answer === undefined ? undefined : compareAnswer.parse(answer).merge_base_commit.sha;
    },
  };
}

type Get = (resource: string, path: string) => Promise<unknown>;

async function readCommit(
  get: Get,
  resource: string,
  commit: string,
  depth: number,
): Promise<Commit | undefined> {
  const answer = await get(resource, `/git/commits/${commit}`);
  if (answer !== undefined) {
    const { tree, parents } = commitAnswer.parse(answer);
    return { tree: tree.sha, parents: parents.map(({ sha }) => sha) };
  }
  const tag = await get(resource, `/git/tags/${commit}`);
  if (tag === undefined || depth >= maxTagDepth) return undefined;
  return readCommit(get, resource, tagAnswer.parse(tag).object.sha, depth + 1);
}

async function readTree(
  get: Get,
  resource: string,
  tree: string,
): Promise<readonly TreeEntry[] | undefined> {
  const answer = await get(resource, `/git/trees/${tree}`);
  if (answer === undefined) return undefined;
  const read = treeAnswer.parse(answer);
  if (read.truncated) return undefined;
  return read.tree.map(({ path, mode, sha }) => ({
    mode: mode.replace(/^0+/, ""),
    name: path,
    id: sha,
  }));
}

async function readTip(
  get: Get,
  resource: string,
  ref: string,
): Promise<string | null | undefined> {
  if (ref === "HEAD") {
    const repository = await get(resource, "");
    if (repository === undefined) return undefined;
    const branch = repositoryAnswer.parse(repository).default_branch;
    return readTip(get, resource, `refs/heads/${branch}`);
  }
  const path = ref
    .replace(/^refs\//, "")
    .split("/")
    .map(encodeURIComponent)
    .join("/");
  const answer = await get(resource, `/git/ref/${path}`);
  return answer === undefined ? null : refAnswer.parse(answer).object.sha;
}
