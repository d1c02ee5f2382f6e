import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.ts";

/** GraphQL names things by opaque ids: which repository is meant is asked of the upstream, once. */
const policy = `rules:
  - id: unheard-of
    when: { operation: unknown.write, resource: github.com/acme/app }
    then: [inject]
  - id: app
    when: { protocol: graphql, access: write, resource: github.com/acme/app }
    then: [inject]
  - id: reading
    when: { access: read }
    then: [inject]
otherwise: [{ deny: { reason: "Not in this repository." } }]
`;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ policy });
  await stack.upstream.repositories.create("acme/other");
}, 120_000);
afterAll(() => stack?.stop());

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly type?: string; readonly message: string }[];
}

async function graphql(query: string): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ query });
  return JSON.parse((await stack.ask("/api/graphql", { method: "POST", headers, body })).text);
}

async function refOf(name: string): Promise<string> {
  const { data } = await graphql(
    `{ repository(owner: "acme", name: "${name}") { ref(qualifiedName: "refs/heads/main") { id } } }`,
  );
  return /"id":"([^"]+)"/.exec(JSON.stringify(data))?.[1] ?? "";
}

const commit = async (id: string, name: string) =>
  graphql(`mutation { createCommitOnBranch(input: { branch: { id: "${id}" }, message: { headline: "m" },
    expectedHeadOid: "${await stack.upstream.repositories.head(`acme/${name}`, "main")}",
    fileChanges: { additions: [{ path: "${crypto.randomUUID()}", contents: "eA==" }] } }) { clientMutationId } }`);

/** What the gateway itself asked: which node an id is. */
const asked = (id: string) =>
  stack.upstream.log.filter(
    ({ path, body }) => path === "/graphql" && body.includes("node(id: $id)") && body.includes(id),
  );

test("an id is looked up with the stored credential, and only once", async () => {
  const id = await refOf("app");
  const before = await stack.upstream.repositories.head("acme/app", "main");
  for (let times = 0; times < 3; times++)
    expect((await commit(id, "app")).errors, "a commit").toBeUndefined();
  expect(await stack.upstream.repositories.head("acme/app", "main")).not.toBe(before);
  expect(asked(id)).toHaveLength(1);
  expect(asked(id)[0]?.headers["authorization"]).toBe(`token ${stack.credential}`);
});

test("the id of another repository's branch is refused", async () => {
  const id = await refOf("other");
  const before = await stack.upstream.repositories.head("acme/other", "main");
  const { data, errors } = await commit(id, "other");
  expect(data).toBeNull();
  expect(errors?.[0]).toMatchObject({ type: "FORBIDDEN" });
  expect(errors?.[0]?.message).toContain("Not in this repository.");
  expect(await stack.upstream.repositories.head("acme/other", "main")).toBe(before);
});

test("so is an id that names nothing, and a document that changes two repositories", async () => {
  const refused = await graphql(
    `mutation { deleteRef(input: { refId: "nothing" }) { clientMutationId } }`,
  );
  expect(refused.errors?.[0]?.message).toContain("Not in this repository.");
  const [app, other] = [await refOf("app"), await refOf("other")];
  const both = await graphql(
    `mutation { a: deleteRef(input: { refId: "${app}" }) { clientMutationId }
       b: deleteRef(input: { refId: "${other}" }) { clientMutationId } }`,
  );
  expect(both.errors?.[0]?.message).toContain("Not in this repository.");
  for (const name of ["acme/app", "acme/other"])
    expect(await stack.upstream.repositories.head(name, "refs/heads/main")).toBeDefined();
});

test("a mutation that nobody knows is a write of unknown kind, where its ids are", async () => {
  const query = (id: string) =>
    `mutation { brandNew(input: { thingId: "${id}" }) { clientMutationId } }`;
  // Let through, GitHub itself says that there is no such thing.
  expect((await graphql(query(await refOf("app")))).errors?.[0]?.message).toContain("Cannot query");
  const elsewhere = await graphql(query(await refOf("other")));
  expect(elsewhere.errors?.[0]?.message).toContain("Not in this repository.");
});
