import { describe, expect, it } from "vitest";
import type { Operation } from "../../../../src/core/operation.ts";
import { createProtocols } from "../../../../src/protocols/index.ts";
import type { Lookup, Node } from "../../../../src/protocols/lookup.ts";
import { type Ask, errorOf, feed, operationsOf, summary } from "../asking.ts";

const ask = (query: string, variables?: object, more: object = {}): Ask => ({
  kind: "github-api",
  method: "POST",
  path: "/graphql",
  body: { query, variables, ...more },
});

const nodes: Readonly<Record<string, Node>> = {
  R_app: { repository: "Acme/App" },
  R_other: { repository: "acme/other" },
  REF_main: { repository: "acme/app", ref: "refs/heads/main" },
  PR_7: { repository: "acme/app", pull: { base: "main", head: "1" } },
  O_acme: { login: "Acme" },
};
const lookup: Lookup = {
  node: async (_host, id) => nodes[id],
  repository: async () => undefined,
  defaultBranch: async () => undefined,
  pullRequest: async () => undefined,
};

async function resolved(request: Ask): Promise<readonly Operation[]> {
  const { parser } = feed(request, 1 << 20, createProtocols({ lookup }));
  const judged = await parser.resolve?.();
  if (judged?.ok !== true) throw new Error("not resolved");
  return judged.value;
}
const brief = (operations: readonly Operation[]) =>
  operations.map((one) => `${one.name} ${one.access} ${one.resource}`);

const create =
  'createRepository(input: {name: "New Thing", visibility: PRIVATE}) { repository { id } }';

describe("every root field is an operation, however it is dressed", () => {
  it.each<[string, Ask]>([
    ["a plain mutation", ask(`mutation { ${create} }`)],
    ["an alias", ask(`mutation { viewer: ${create} }`)],
    ["a fragment", ask(`mutation { ...F } fragment F on Mutation { ${create} }`)],
    [
      "fragments in fragments",
      ask(
        `mutation { ...A } fragment A on Mutation { ...B } fragment B on Mutation { ... on Mutation { ${create} } }`,
      ),
    ],
    [
      "a fragment that meets itself",
      ask(`mutation { ...A } fragment A on Mutation { ...A ${create} }`),
    ],
    [
      "the operation that is named",
      ask(`query Q { viewer { login } } mutation M { ${create} }`, {}, { operationName: "M" }),
    ],
    [
      "the input in a variable",
      ask(
        "mutation($i: CreateRepositoryInput!) { createRepository(input: $i) { clientMutationId } }",
        { i: { name: "New Thing", visibility: "PRIVATE" } },
      ),
    ],
    [
      "a variable's default",
      ask(
        'mutation($n: String! = "New Thing") { createRepository(input: {name: $n, visibility: PRIVATE}) { clientMutationId } }',
      ),
    ],
    [
      "variables as text",
      ask(
        "mutation($n: String!) { createRepository(input: {name: $n, visibility: PRIVATE}) { clientMutationId } }",
        undefined,
        { variables: '{"n":"New Thing"}' },
      ),
    ],
    ["a condition", ask(`mutation { ... on Mutation @include(if: false) { ${create} } }`)],
    ["a comment and commas", ask(`mutation,{#x\n,${create},}`)],
  ])("%s", (_, request) => {
    expect(summary(request)).toEqual(["repository.create write github.com/~/new-thing"]);
    expect(operationsOf(request)[0]?.attributes).toMatchObject({ visibility: "private" });
  });

  it("several at once, all judged", () => {
    const two = ask(
      `mutation { a: ${create} b: deleteRef(input: {refId: "REF_main"}) { clientMutationId } }`,
    );
    expect(summary(two)).toEqual([
      "repository.create write github.com/~/new-thing",
      "ref.delete write github.com/-",
    ]);
  });

  it("a query reads what it starts from", () => {
    expect(
      summary(
        ask(
          '{ repository(owner: "Acme", name: "App") { id } viewer { login } organization(login: "acme") { id } }',
        ),
      ),
    ).toEqual([
      "repository.read read github.com/acme/app",
      "graphql.read read github.com",
      "graphql.read read github.com/acme",
    ]);
  });
});

describe("node ids are looked up", () => {
  const commit = (branch: object, path = ".github/workflows/x.yml") =>
    ask(
      "mutation($i: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $i) { clientMutationId } }",
      {
        i: { branch, fileChanges: { additions: [{ path: "README.md" }], deletions: [{ path }] } },
      },
    );
  it.each<[string, Ask, string, object]>([
    [
      "an owner",
      ask(
        'mutation { createRepository(input: {name: "x", ownerId: "O_acme"}) { clientMutationId } }',
      ),
      "repository.create write github.com/acme/x",
      {},
    ],
    [
      "a commit by ref id",
      commit({ id: "REF_main" }),
      "contents.write write github.com/acme/app",
      { branch: "main", paths: ["README.md", ".github/workflows/x.yml"] },
    ],
    [
      "a commit by name",
      commit({ repositoryNameWithOwner: "Acme/App", branchName: "refs/heads/main" }),
      "contents.write write github.com/acme/app",
      { branch: "main" },
    ],
    [
      "a path that hides",
      commit({ id: "REF_main" }, "./.github//workflows/x.yml"),
      "contents.write write github.com/acme/app",
      { paths: ["README.md", ".github/workflows/x.yml"] },
    ],
    [
      "a ref that is moved",
      ask(
        'mutation { updateRef(input: {refId: "REF_main", oid: "1", force: true}) { clientMutationId } }',
      ),
      "ref.update write github.com/acme/app",
      { branch: "main", force: true, new: "1" },
    ],
    [
      "a merge",
      ask('mutation { mergePullRequest(input: {pullRequestId: "PR_7"}) { clientMutationId } }'),
      "pull_request.merge write github.com/acme/app",
      { branch: "main" },
    ],
    [
      "a review, which moves nothing",
      ask('mutation { addPullRequestReview(input: {pullRequestId: "PR_7"}) { clientMutationId } }'),
      "pull_request.write write github.com/acme/app",
      { mutation: "addPullRequestReview" },
    ],
    [
      "an unknown mutation",
      ask('mutation { brandNewThing(input: {repositoryId: "R_app"}) { clientMutationId } }'),
      "unknown.write write github.com/acme/app",
      { mutation: "brandNewThing" },
    ],
    [
      "an id nobody knows",
      ask('mutation { updateRef(input: {refId: "REF_x", oid: "1"}) { clientMutationId } }'),
      "ref.update write github.com/-",
      {},
    ],
    [
      "a node that is read",
      ask('{ node(id: "R_app") { id } }'),
      "graphql.read read github.com/acme/app",
      {},
    ],
  ])("%s", async (_, request, expected, attributes) => {
    const operations = await resolved(request);
    expect(brief(operations)).toEqual([expected]);
    expect(operations[0]?.attributes).toMatchObject(attributes);
  });

  it("a mutation between two repositories is one on each", async () => {
    expect(
      brief(
        await resolved(
          ask(
            'mutation { transferIssue(input: {issueId: "R_app", repositoryId: "R_other"}) { clientMutationId } }',
          ),
        ),
      ),
    ).toEqual(["issue.write write github.com/acme/app", "issue.write write github.com/acme/other"]);
  });

  it("many refs at once are one operation each", async () => {
    const zero = "0".repeat(40);
    const operations = await resolved(
      ask(
        'mutation($u: [RefUpdate!]!) { updateRefs(input: {repositoryId: "R_app", refUpdates: $u}) { clientMutationId } }',
        {
          u: [
            { name: "refs/heads/main", afterOid: "1", force: true },
            { name: "refs/heads/a", beforeOid: zero, afterOid: "1" },
            { name: "refs/heads/b", afterOid: zero },
          ],
        },
      ),
    );
    expect(
      operations.map((one) => [one.name, one.attributes["branch"], one.attributes["force"]]),
    ).toEqual([
      ["ref.update", "main", true],
      ["ref.create", "a", false],
      ["ref.delete", "b", false],
    ]);
  });
});

it("a review says no branch, a merge does", async () => {
  const [review] = await resolved(
    ask('mutation { addPullRequestReview(input: {pullRequestId: "PR_7"}) { clientMutationId } }'),
  );
  expect(review?.attributes["branch"]).toBeUndefined();
});

describe("what could be read in two ways is not read at all", () => {
  it.each<[string, Ask]>([
    ["a batch", { ...ask(""), body: [{ query: "{ viewer { login } }" }] }],
    [
      "two operations and no name",
      ask("query A { viewer { login } } query B { viewer { login } }"),
    ],
    ["a name that is not there", ask("query A { viewer { login } }", {}, { operationName: "B" })],
    [
      "one input field twice",
      ask('mutation { createRepository(input: {name: "a", name: "b"}) { clientMutationId } }'),
    ],
    [
      "one argument twice",
      ask(
        'mutation { createRepository(input: {name: "a"}, input: {name: "b"}) { clientMutationId } }',
      ),
    ],
    [
      "one fragment twice",
      ask("{ ...F } fragment F on Query { viewer { login } } fragment F on Query { meta { x } }"),
    ],
    ["a fragment that is missing", ask("{ ...F }")],
    ["a subscription", ask("subscription { x }")],
    ["a query in the URL", { ...ask("{ viewer { login } }"), path: "/graphql?query=%7Bviewer%7D" }],
    ["no document", ask("hello")],
    ["a persisted query", { ...ask(""), body: { extensions: { persistedQuery: {} } } }],
    ["a mutation without input", ask("mutation { createRepository { clientMutationId } }")],
    [
      "a branch named twice",
      ask(
        'mutation { createCommitOnBranch(input: {branch: {id: "a", branchName: "b", repositoryNameWithOwner: "a/b"}, fileChanges: {}}) { clientMutationId } }',
      ),
    ],
  ])("%s", (_, request) => {
    expect(errorOf(request)).toBeTypeOf("string");
  });
});

it("a denial stands where the answer would have been", () => {
  const { parser } = feed(ask(`mutation { mine: ${create} }`));
  const reply = parser.refuse({ code: "denied", message: "No.", caseId: "c-1" });
  expect(reply.status).toBe(200);
  expect(JSON.parse(String(reply.body))).toEqual({
    data: null,
    errors: [{ type: "FORBIDDEN", path: ["mine"], message: "No. (case c-1)" }],
  });
});
