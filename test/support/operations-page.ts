// Writes docs/operations.md from the code that reads requests: node test/support/operations-page.ts
import { writeFileSync } from "node:fs";
import { catalogue } from "../../src/protocols/catalogue.ts";
import { apis } from "../../src/protocols/chat/parse.ts";
import { type Service, tails } from "../../src/protocols/git/route.ts";
import { accessOf, nameOf } from "../../src/protocols/github-rest/names.ts";
import table from "../../src/protocols/github-rest/table.json" with { type: "json" };
import { namedMutations } from "../../src/protocols/graphql/known-mutations.ts";
import { closelyRead } from "../../src/protocols/graphql/mutations.ts";
import { knownTools } from "../../src/protocols/mcp/tools.ts";

export const page = new URL("../../docs/operations.md", import.meta.url);

const intro = `# Operations

Every request that a client sends, whichever way it is sent, is read as one or more *operations* before policy sees it:
\`repository.create\` is the same thing by \`curl\`, \`gh\`, octokit, GraphQL and an MCP tool. This page says what maps to
what. It is written from the code (\`node test/support/operations-page.ts\`), and a test keeps it true.

An operation has

- a **name** from the table below, or, for what is not there, GitHub's own category and the access: \`issues.read\`;
- an **access**: \`read\` or \`write\`. What is not known to be a read is a write;
- a **resource**: \`github.com/{owner}/{repository}\` in lower case, \`github.com/{owner}\`, or the host alone.
  \`github.com/~/…\` stands for the owner of the stored credential, \`github.com/-\` for a repository that is named only by
  an id which GitHub does not resolve;
- **attributes**, the same ones whatever the protocol: \`branch\`, \`tag\`, \`ref\`, \`paths\`, \`force\` and so on. REST operations
  also carry GitHub's \`operationId\`, GraphQL ones \`mutation\` or \`field\`, MCP ones \`server\` and \`tool\`.

## The three questions that matter most

\`\`\`yaml
rules:
  - id: new-repositories-need-a-person
    when: { operation: repository.create }
    then: [ { approve: { by: group:platform } } ]
  - id: main-is-changed-by-pull-request
    when: { access: write, attributes: { branch: main } }
    then: [ { deny: { reason: "Open a pull request." } } ]
  - id: ci-is-not-edited
    when: { access: write, attributes: { paths: .github/workflows/** } }
    then: [ { deny: { reason: "Workflows are changed by people." } } ]
\`\`\`

**paths** is what would really differ on the branch. For files written through an API it is what the request names. For a
\`git push\`, a ref moved through an API and a merge it is the comparison of the two trees, object by object: from the pack
that the client sends (each object's id is recomputed) and from GitHub for what the pack leaves out. So a rename, a
re-used directory, a branch at an existing commit or an empty pack hide nothing. A new branch or tag is compared with where it
left the default branch. What cannot be seen counts as changed: \`paths\` then holds \`directory/**\`, and the operation says
that its \`paths\` are not known in full.

**branch** is the branch that changes: the one named, the default branch where the request leaves it out, the base of a pull
request that is merged. If GitHub does not tell it, it is \`HEAD\` and counts as not known.

**force** is true where a push leaves commits behind: unless the old commit is proved to be an ancestor of the new one, and
for every deletion.

## What is refused as malformed

Requests that two servers could read differently are not judged but refused: a JSON member given twice (for MCP in any
spelling), a GraphQL name defined twice, batches (JSON arrays) to GraphQL and MCP, method-override headers, a query parameter that
contradicts the body, encoded slashes that change the route, model calls over WebSocket (clients fall back to HTTP), signed
pushes (\`push-cert\` is taken out of the advertisement). \`/repositories/{id}\`, \`/api/v3\`, POST for PATCH, capitals and
trailing slashes are read as what they stand for.

## Limits

A GraphQL query can walk from one object to others: its operations name what it starts from. A renamed repository answers under
its old name too; rules that allow by name are safe, rules that deny by name should be backed by one that allows.
`;

interface Ways {
  readonly rest: string[];
  readonly graphql: string[];
  readonly mcp: string[];
}

function ways(): Map<string, Ways> {
  const found = new Map<string, Ways>();
  const at = (name: string): Ways => {
    const known = found.get(name) ?? { rest: [], graphql: [], mcp: [] };
    found.set(name, known);
    return known;
  };
  for (const [operationId, route] of Object.entries(table)) {
    const [method = "", template = ""] = route.split(" ");
    const access = accessOf(method, operationId);
    at(nameOf(operationId, template, access)).rest.push(`${method} ${template.replace("+}", "}")}`);
  }
  for (const [mutation, name] of namedMutations) at(name).graphql.push(mutation);
  for (const [tool, kind] of knownTools) at(kind.name).mcp.push(tool);
  return found;
}

/** Mutations that say their operation only by what they hold. */
const close: Readonly<Record<string, readonly string[]>> = {
  "repository.create": ["createRepository", "cloneTemplateRepository", "startRepositoryMigration"],
  "contents.write": ["createCommitOnBranch"],
  "ref.create": ["createRef", "createLinkedBranch", "updateRefs"],
  "ref.update": ["updateRef", "updateRefs"],
  "ref.delete": ["deleteRef", "updateRefs"],
  "branch.merge": ["mergeBranch"],
  "pull_request.create": ["createPullRequest"],
};

/** Mutations that the page forgets. */
export const unlisted: readonly string[] = closelyRead.filter(
  (mutation) => !Object.values(close).flat().includes(mutation),
);

const code = (items: readonly string[]) => items.map((item) => `\`${item}\``).join(", ");

/** The git programs that ask for each operation. */
export const gitCommands: Readonly<Record<string, readonly string[]>> = {
  push: ["git push"],
  "push.discover": ["git push"],
  "push.probe": ["git push"],
  fetch: ["git clone", "git fetch", "git pull", "git ls-remote"],
  "lfs.upload": ["git lfs push"],
  "lfs.download": ["git lfs pull", "git lfs fetch"],
  "lfs.lock.read": ["git lfs locks"],
  "lfs.lock.write": ["git lfs lock", "git lfs unlock"],
};

const services: Readonly<Record<string, readonly Service[]>> = {
  push: ["push"],
  "push.probe": ["push"],
  fetch: ["fetch"],
  "lfs.upload": ["lfs-batch"],
  "lfs.download": ["lfs-batch"],
  "lfs.lock.read": ["lfs-locks-read"],
  "lfs.lock.write": ["lfs-locks-write"],
};

function gitLine(name: string): readonly string[] {
  const commands = gitCommands[name];
  if (commands === undefined) return [];
  const asked = tails
    .filter(([, , service]) => (services[name] ?? []).includes(service))
    .map(([method, path]) => `${method} …/${path}`);
  const first = name === "push.discover" ? ["GET …/info/refs?service=git-receive-pack"] : asked;
  return [`- git: ${code(commands)} (${code(first)})`];
}

const modelLine = `- Copilot API: ${[...apis.keys()].map((path) => `\`POST /${path}\``).join(", ")}`;

export function render(): string {
  const found = ways();
  const sections = catalogue.map(({ name, access, meaning, attributes }) => {
    const { rest = [], graphql = [], mcp = [] } = found.get(name) ?? {};
    const mutations = [...(close[name] ?? []), ...graphql];
    const git = gitLine(name);
    const model = name === "model.call" ? [modelLine] : [];
    found.delete(name);
    return [
      `### \`${name}\` (${access})`,
      "",
      `${meaning}.${attributes.length > 0 ? ` Attributes: ${code(attributes)}.` : ""}`,
      ...(rest.length + mutations.length + mcp.length + git.length + model.length > 0 ? [""] : []),
      ...(rest.length > 0 ? [`- REST: ${code(rest)}`] : []),
      ...(mutations.length > 0 ? [`- GraphQL: ${code(mutations)}`] : []),
      ...(mcp.length > 0 ? [`- MCP: ${code(mcp)}`] : []),
      ...git,
      ...model,
      "",
    ].join("\n");
  });
  const others = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = others.map(([name, { rest, graphql, mcp }]) => {
    const examples = [...rest, ...graphql, ...mcp];
    return `| \`${name}\` | ${examples.length} | ${code(examples.slice(0, 2))} |`;
  });
  const more = [
    "## Everything else that is documented",
    "",
    "Called by GitHub's category. To tell them apart, match the attribute `operationId` (`issues/create`).",
    "",
    "| operation | ways | for example |",
    "| --- | --- | --- |",
    ...rows,
    "",
  ];
  return [intro, "## The catalogue", "", ...sections, ...more].join("\n");
}

if (import.meta.main) writeFileSync(page, render());
