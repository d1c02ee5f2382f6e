import { describe, expect, it } from "vitest";
import { type Ask, errorOf, operationsOf, summary } from "../asking.ts";

const rest = (method: string, path: string, body?: object, headers?: Record<string, string>) => ({
  kind: "github-api" as const,
  method,
  path,
  ...(body === undefined ? {} : { body }),
  ...(headers === undefined ? {} : { headers }),
});

const workflow = "/repos/Acme/App/contents/.github/workflows/x.yml";

describe("one request is one operation, whichever way it is spelt", () => {
  it.each<[string, Ask, string]>([
    [
      "a repository in an organisation",
      rest("POST", "/orgs/Acme/repos", { name: "New" }),
      "repository.create write github.com/acme/new",
    ],
    [
      "a repository of one's own",
      rest("POST", "/user/repos", { name: "x" }),
      "repository.create write github.com/~/x",
    ],
    [
      "from a template",
      rest("POST", "/repos/t/t/generate", { owner: "acme", name: "x" }),
      "repository.create write github.com/acme/x",
    ],
    [
      "a fork",
      rest("POST", "/repos/o/r/forks", { organization: "acme" }),
      "repository.create write github.com/acme/r",
    ],
    [
      "a name that GitHub turns into a slug",
      rest("POST", "/user/repos", { name: "a b/c" }),
      "repository.create write github.com/~/a-b-c",
    ],
    ["deletion", rest("DELETE", "/repos/acme/app"), "repository.delete write github.com/acme/app"],
    [
      "POST where PATCH is documented",
      rest("POST", "/repos/acme/app", { private: false }),
      "repository.update write github.com/acme/app",
    ],
    [
      "a file",
      rest("PUT", workflow, { branch: "main" }),
      "contents.write write github.com/acme/app",
    ],
    ["HEAD as GET", rest("HEAD", workflow), "contents.read read github.com/acme/app"],
    [
      "the /api/v3 prefix",
      rest("DELETE", "/api/v3/repos/acme/app"),
      "repository.delete write github.com/acme/app",
    ],
    ["capitals", rest("DELETE", "/REPOS/acme/APP/"), "repository.delete write github.com/acme/app"],
    [
      "an escaped slash in a ref",
      rest("DELETE", "/repos/a/b/git/refs/heads%2Fmain"),
      "ref.delete write github.com/a/b",
    ],
    ["a secret", rest("PUT", "/repos/a/b/actions/secrets/X"), "secret.write write github.com/a/b"],
    [
      "an environment's secret",
      rest("PUT", "/repos/a/b/environments/prod/secrets/X"),
      "secret.write write github.com/a/b",
    ],
    [
      "branch protection, with a slash in the branch",
      rest("DELETE", "/repos/a/b/branches/rel/1/protection"),
      "protection.write write github.com/a/b",
    ],
    ["a ruleset", rest("POST", "/orgs/acme/rulesets"), "protection.write write github.com/acme"],
    ["a webhook", rest("POST", "/repos/a/b/hooks"), "webhook.write write github.com/a/b"],
    [
      "a release",
      rest("POST", "/repos/a/b/releases", { tag_name: "v1" }),
      "release.write write github.com/a/b",
    ],
    [
      "an asset",
      rest("POST", "/repos/a/b/releases/1/assets"),
      "release.write write github.com/a/b",
    ],
    ["a merge", rest("PUT", "/repos/a/b/pulls/7/merge"), "pull_request.merge write github.com/a/b"],
    [
      "a dispatch",
      rest("POST", "/repos/a/b/actions/workflows/ci.yml/dispatches", { ref: "main" }),
      "workflow.dispatch write github.com/a/b",
    ],
    [
      "an undocumented GET",
      rest("GET", "/repos/a/b/copilot_internal/x"),
      "unknown.read read github.com/a/b",
    ],
    [
      "an undocumented POST",
      rest("POST", "/repos/a/b/copilot_internal/x"),
      "unknown.write write github.com/a/b",
    ],
    ["a method of nobody's", rest("PROPFIND", "/repos/a/b"), "unknown.write write github.com/a/b"],
    [
      "a live credential by GET",
      rest("GET", "/copilot_internal/v2/token"),
      "copilot.token write github.com",
    ],
  ])("%s", (_, ask, expected) => {
    expect(summary(ask)).toEqual([expected]);
  });
});

describe("what a rule needs stands in the attributes", () => {
  it.each<[string, Ask, object]>([
    [
      "path and branch of a file",
      rest("PUT", workflow, { branch: "refs/heads/main" }),
      { paths: [".github/workflows/x.yml"], branch: "main" },
    ],
    [
      "an escaped slash in the path",
      rest("PUT", "/repos/a/b/contents/.github%2Fworkflows/x.yml", { branch: "x" }),
      { paths: [".github/workflows/x.yml"] },
    ],
    ["a branch in the query", rest("DELETE", `${workflow}?branch=main`), { branch: "main" }],
    ["a branch left out", rest("PUT", workflow, {}), { branch: "HEAD" }],
    [
      "a forced ref",
      rest("PATCH", "/repos/a/b/git/refs/heads/main", { sha: "1", force: true }),
      { ref: "refs/heads/main", branch: "main", force: true },
    ],
    [
      "a new ref",
      rest("POST", "/repos/a/b/git/refs", { sha: "1", ref: "refs/heads/x" }),
      { ref: "refs/heads/x", branch: "x" },
    ],
    [
      "both ends of a rename",
      rest("POST", "/repos/a/b/branches/main/rename", { new_name: "old" }),
      { branch: ["main", "old"] },
    ],
    [
      "paths of a tree",
      rest("POST", "/repos/a/b/git/trees", {
        tree: [{ path: "./.github/workflows/a.yml", type: "blob", sha: "1" }],
      }),
      { paths: [".github/workflows/a.yml"] },
    ],
    [
      "a directory grafted by id",
      rest("POST", "/repos/a/b/git/trees", { tree: [{ path: ".github", type: "tree", sha: "1" }] }),
      { paths: [".github", ".github/**", ".github/workflows/**", ".github/actions/**"] },
    ],
  ])("%s", (_, ask, expected) => {
    expect(operationsOf(ask)[0]?.attributes).toMatchObject(expected);
  });
});

describe("what could be read in two ways is not read at all", () => {
  it.each<[string, Ask]>([
    ["a method override", rest("POST", "/repos/a/b", {}, { "x-http-method-override": "DELETE" })],
    ["an override in the query", rest("POST", "/repos/a/b?_method=DELETE", {})],
    ["an owner that hides a slash", rest("DELETE", "/repos/acme%2Fapp/x")],
    ["a name given twice", { ...rest("PUT", workflow), body: '{"branch":"x","branch":"main"}' }],
    [
      "a name given twice, escaped",
      { ...rest("PUT", workflow), body: '{"branch":"x","br\\u0061nch":"main"}' },
    ],
    ["query and body apart", rest("PUT", `${workflow}?branch=main`, { branch: "x" })],
    ["a branch that is no string", rest("PUT", workflow, { branch: ["main"] })],
    ["an encoding nobody knows", rest("PUT", workflow, {}, { "content-encoding": "rot13" })],
    ["a body that is no JSON", { ...rest("PUT", workflow), body: "branch=main" }],
  ])("%s", (_, ask) => {
    expect(errorOf(ask)).toBeTypeOf("string");
  });
});
