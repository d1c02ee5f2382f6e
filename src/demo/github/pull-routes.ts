import type { Repositories } from "../repositories.ts";
import { json, problem, type Route, readJson, type Visit } from "../visit.ts";
import { at } from "./at.ts";
import { nodeId } from "./node-id.ts";
import type { Pull, Pulls } from "./pulls.ts";
import { login } from "./views.ts";

/** Pull requests: opened, shown, merged. */
export function pullRoutes(repositories: Repositories, pulls: Pulls): readonly Route[] {
  const route = at(repositories);
  const numbered =
    (serve: (visit: Visit, name: string, pull: Pull) => Promise<void>) =>
    (visit: Visit, name: string, number = "") => {
      const pull = pulls.find(name, Number(number));
      return pull === undefined ? problem(visit, 404, "Not Found") : serve(visit, name, pull);
    };
  return [
    route("GET", "/pulls", async (visit, name) => {
      const open = pulls.list(name).filter(({ state }) => state === "open");
      json(visit, 200, await Promise.all(open.map((pull) => shown(pulls, name, pull))));
    }),
    route("POST", "/pulls", async (visit, name) => {
      const { title, base, head } = await readJson(visit);
      const opened = await pulls.open(name, String(title), String(base), String(head));
      if (!opened.ok) return problem(visit, 422, opened.error);
      json(visit, 201, await shown(pulls, name, opened.value));
    }),
    route(
      "GET",
      "/pulls/(\\d+)",
      numbered(async (visit, name, pull) => json(visit, 200, await shown(pulls, name, pull))),
    ),
    route(
      "PUT",
      "/pulls/(\\d+)/merge",
      numbered(async (visit, name, pull) => {
        const { merge_method: method, sha } = await readJson(visit);
        if (typeof sha === "string" && sha !== (await pulls.tip(name, pull.head)))
          return problem(visit, 409, "Head branch was modified. Review and try the merge again.");
        const merged = await pulls.merge(name, pull, method === "squash");
        if (!merged.ok) return problem(visit, 405, merged.error);
        json(visit, 200, { sha: merged.value, merged: true, message: "Pull Request merged" });
      }),
    ),
  ];
}

async function shown(pulls: Pulls, name: string, pull: Pull): Promise<object> {
  const side = async (branch: string) => ({
    ref: branch,
    label: `${name.split("/")[0]}:${branch}`,
    sha: (await pulls.tip(name, branch)) ?? "",
    repo: { full_name: name },
  });
  return {
    number: pull.number,
    node_id: nodeId({ kind: "PullRequest", repository: name, number: pull.number }),
    title: pull.title,
    state: pull.state === "open" ? "open" : "closed",
    merged: pull.state === "merged",
    user: { login },
    html_url: `https://github.com/${name}/pull/${pull.number}`,
    base: await side(pull.base),
    head: await side(pull.head),
  };
}
