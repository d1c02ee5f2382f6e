import type { Repositories } from "../repositories.ts";
import { json, problem, type Route, readJson, type Visit } from "../visit.ts";
import { at } from "./at.ts";
import { merge } from "./merge.ts";
import { commitOf } from "./revision.ts";
import { type CommitView, commitView } from "./views.ts";

/** Commits as the history shows them, comparisons, and merges of branches. */
export function historyRoutes(repositories: Repositories): readonly Route[] {
  const route = at(repositories);
  return [
    route("GET", "/commits", async (visit, name) => {
      const wanted = visit.url.searchParams.get("sha") ?? (await repositories.defaultBranch(name));
      const tip = await commitOf(repositories, name, wanted);
      if (tip === undefined) return problem(visit, 404, "Not Found");
      const ids = await repositories.text(name, ["rev-list", "-n", "30", tip]);
      json(visit, 200, await shownAll(repositories, name, ids));
    }),
    route("GET", "/commits/(.+)", async (visit, name, revision = "") => {
      const id = await commitOf(repositories, name, revision);
      const view = id && (await commitView(repositories, name, id));
      if (!view) return problem(visit, 422, `No commit found for SHA: ${revision}`);
      json(visit, 200, inHistory(view));
    }),
    route("GET", "/compare/(.+?)\\.\\.\\.(.+)", (visit, name, base = "", head = "") =>
      compare(visit, repositories, name, base, head),
    ),
    route("POST", "/merges", async (visit, name) => {
      const { base, head, commit_message: message } = await readJson(visit);
      const from = await commitOf(repositories, name, String(head));
      if (from === undefined) return problem(visit, 404, "Head does not exist");
      const words = typeof message === "string" ? message : `Merge ${head} into ${base}`;
      const merged = await merge(repositories, name, {
        base: String(base),
        head: from,
        message: words,
      });
      if (!merged.ok) return problem(visit, 409, merged.error);
      if (merged.value === undefined) return void visit.response.writeHead(204).end();
      json(visit, 201, { sha: merged.value });
    }),
  ];
}

function inHistory(view: CommitView): object {
  return { sha: view.sha, commit: view, parents: view.parents };
}

async function shownAll(
  repositories: Repositories,
  name: string,
  ids: string,
): Promise<readonly object[]> {
  const views = await Promise.all(
    ids
      .split("\n")
      .filter(Boolean)
      .map((id) => commitView(repositories, name, id)),
  );
  return views.filter((view) => view !== undefined).map(inHistory);
}

async function compare(
  visit: Visit,
  repositories: Repositories,
  name: string,
  base: string,
  head: string,
): Promise<void> {
  const [from, to] = await Promise.all([
    commitOf(repositories, name, base),
    commitOf(repositories, name, head),
  ]);
  const common = from && to && (await repositories.maybe(name, ["merge-base", from, to]));
  const [shared, first] = await Promise.all(
    [common, from].map((id) => (id ? commitView(repositories, name, id) : undefined)),
  );
  if (!from || !to || !shared || !first) return problem(visit, 404, "Not Found");
  const ahead = await repositories.text(name, ["rev-list", "--reverse", `${from}..${to}`]);
  const behind = await repositories.text(name, ["rev-list", "--count", `${to}..${from}`]);
  const commits = await shownAll(repositories, name, ahead);
  const named = await repositories.text(name, ["diff", "--name-status", "-z", shared.sha, to]);
  const words = named.split("\0");
  const files = words
    .filter((_, at) => at % 2 === 1)
    .map((filename, at) => ({ filename, status: statuses[words[at * 2] ?? ""] ?? "modified" }));
  const [forward, backward] = [commits.length > 0, behind !== "0"];
  json(visit, 200, {
    status: forward ? (backward ? "diverged" : "ahead") : backward ? "behind" : "identical",
    ahead_by: commits.length,
    behind_by: Number(behind),
    total_commits: commits.length,
    base_commit: inHistory(first),
    merge_base_commit: inHistory(shared),
    commits,
    files,
  });
}

const statuses: Readonly<Record<string, string>> = { A: "added", D: "removed", M: "modified" };
