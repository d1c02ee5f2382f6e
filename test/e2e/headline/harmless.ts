import { commitByGh } from "./commit-by-gh.ts";
import { app, base64, type Way } from "./house.ts";
import { pushTopic } from "./push-topic.ts";

const place = { owner: "acme", repo: "app" };

/** What no line of the policy speaks of, by the same clients: it goes on, or the refusals above would say little. */
export const harmless: Readonly<Record<string, Way>> = {
  "curl, REST": ({ curl }, as) =>
    curl(as, `/api/v3/repos/${app}/contents/notes.txt`, "PUT", {
      message: "m",
      content: base64("notes"),
      branch: "topic",
    }),
  "gh api, a ref that moves": async ({ gh, id }, as) => {
    const sha = `sha=${await id("feature")}`;
    return gh(as, "api", "-X", "PATCH", `repos/${app}/git/refs/heads/topic`, "-f", sha);
  },
  "gh api graphql": commitByGh("topic", "x"),
  "a merge of branches": ({ curl }, as) =>
    curl(as, `/api/v3/repos/${app}/merges`, "POST", { base: "topic", head: "feature" }),
  "git push of an edit": (house, as) =>
    pushTopic(house, as, "topic", async (git) => {
      await git("mv", "lib/other.yml", "lib/another.yml");
      await git("commit", "-qm", "A rename");
    }),
  "git push of a new branch": (house, as) =>
    pushTopic(house, as, "fresh", (git) => git("reset", "-q", "--hard", "origin/feature")),
  "the MCP SDK": ({ sdk }, as) =>
    sdk(as, {
      kind: "mcp",
      tool: "push_files",
      arguments: {
        ...place,
        branch: "topic",
        message: "m",
        files: [{ path: "workflows/ci.yml", content: "a" }],
      },
    }),
};
