import { app, base64, type Way } from "./house.ts";

const file = { message: "m", content: base64("x") };
const workflow = ".github/workflows/ci.yml";

type Spelling = readonly [
  method: string,
  path: string,
  body: object,
  headers?: Readonly<Record<string, string>>,
];

/** The same three things, spelt so that one reader might see something else than the next one does. */
const spellings: Readonly<Record<string, Spelling>> = {
  capitals: ["POST", "/api/v3/ORGS/acme/Repos", { name: "new" }],
  "a slash at the end": ["POST", "/api/v3/orgs/acme/repos/", { name: "new" }],
  "two slashes": ["POST", "/api/v3//orgs//acme/repos", { name: "new" }],
  "an encoded slash": ["POST", "/api/v3/orgs%2Facme%2Frepos", { name: "new" }],
  "an encoded letter": ["POST", "/api/v3/%6frgs/acme/repos", { name: "new" }],
  "the prefix twice": ["POST", "/api/v3/api/v3/orgs/acme/repos", { name: "new" }],
  "a dot segment": ["POST", "/api/v3/user/../orgs/acme/repos", { name: "new" }],
  "an encoded dot segment": ["POST", "/api/v3/user/%2e%2e/orgs/acme/repos", { name: "new" }],
  "a semicolon": ["POST", "/api/v3/orgs/acme/repos;x=1", { name: "new" }],
  "a method in a header": [
    "GET",
    "/api/v3/orgs/acme/repos",
    { name: "new" },
    { "x-http-method-override": "POST" },
  ],
  "a method in the query": ["GET", "/api/v3/orgs/acme/repos?_method=POST", { name: "new" }],
  "a name in the query": ["POST", "/api/v3/orgs/acme/repos?name=new", {}],
  "another name in the query": ["POST", "/api/v3/orgs/acme/repos?name=new", { name: "old" }],
  "the branch in the query": [
    "PUT",
    `/api/v3/repos/${app}/contents/x.txt?branch=main`,
    { ...file, branch: "topic" },
  ],
  "the branch as a full ref": [
    "PUT",
    `/api/v3/repos/${app}/contents/x.txt`,
    { ...file, branch: "refs/heads/main" },
  ],
  "POST for PATCH": ["POST", `/api/v3/repos/${app}/git/refs/heads/main`, { sha: "feature" }],
  "a path with an encoded slash": [
    "PUT",
    `/api/v3/repos/${app}/contents/.github%2Fworkflows%2Fci.yml`,
    { ...file, branch: "topic" },
  ],
  "a path with two slashes": [
    "PUT",
    `/api/v3/repos/${app}/contents/.github//workflows/ci.yml`,
    { ...file, branch: "topic" },
  ],
  "a path that goes up": [
    "PUT",
    `/api/v3/repos/${app}/contents/docs/../${workflow}`,
    { ...file, branch: "topic" },
  ],
  "a tree with a path that goes up": [
    "POST",
    `/api/v3/repos/${app}/git/trees`,
    { tree: [{ path: `docs/../${workflow}`, mode: "100644", type: "blob", content: "x" }] },
  ],
  "a tree that grafts a directory": [
    "POST",
    `/api/v3/repos/${app}/git/trees`,
    { tree: [{ path: ".github", mode: "040000", type: "tree", sha: "0".repeat(40) }] },
  ],
  "a batch of GraphQL": [
    "POST",
    "/api/graphql",
    [{ query: 'mutation { createRepository(input: {name: "new"}) { clientMutationId } }' }],
  ],
  "a batch of JSON-RPC": [
    "POST",
    "/copilot/mcp",
    [
      {
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "create_repository", arguments: { name: "new" } },
      },
    ],
  ],
  "GraphQL in the query": [
    "POST",
    "/api/graphql?query=mutation%7BcreateRepository(input%3A%7Bname%3A%22new%22%7D)%7Bid%7D%7D",
    { query: "{ viewer { login } }" },
  ],
};

export const evasions: Readonly<Record<string, Way>> = {
  ...Object.fromEntries(
    Object.entries(spellings).map(([name, [method, path, body, headers]]): [string, Way] => [
      name,
      ({ curl }, as) => curl(as, path, method, body, headers),
    ]),
  ),
  "a JSON member given twice": ({ curl }, as) =>
    curl(
      as,
      `/api/v3/repos/${app}/contents/x.txt`,
      "PUT",
      `{"message":"m","content":"eA==","branch":"topic","branch":"main"}`,
    ),
  "a member of JSON-RPC in capitals": ({ curl }, as) =>
    curl(
      as,
      "/copilot/mcp",
      "POST",
      `{"jsonrpc":"2.0","id":1,"method":"tools/list","Method":"tools/call","params":{"name":"create_repository","arguments":{"name":"new"}}}`,
    ),
};
