import type { Repositories } from "../repositories.ts";
import { type NodeName, nodeId, readNodeId } from "./node-id.ts";
import type { Pulls } from "./pulls.ts";
import { commitOf, isPlain } from "./revision.ts";
import { accountView, login } from "./views.ts";

/** Objects as GraphQL's default resolver reads them: values, and functions of a field's arguments. */
export type GraphObject = Readonly<Record<string, unknown>>;

/** Everything that a query can reach, by name or by id. */
export class GraphNodes {
  readonly repositories: Repositories;
  readonly pulls: Pulls;

  constructor(repositories: Repositories, pulls: Pulls) {
    this.repositories = repositories;
    this.pulls = pulls;
  }

  account(name = login): GraphObject {
    const view = accountView(name) as { readonly node_id: string; readonly type: string };
    return { __typename: view.type, id: view.node_id, login: name };
  }

  repository(name: string): GraphObject | undefined {
    if (!this.repositories.has(name)) return undefined;
    const [owner = "", short = ""] = name.split("/");
    const setting = (key: string) => this.repositories.maybe(name, ["config", `demo.${key}`]);
    const visibility = async () => ((await setting("visibility")) ?? "private").toUpperCase();
    return {
      __typename: "Repository",
      id: nodeId({ kind: "Repository", repository: name }),
      name: short,
      nameWithOwner: name,
      owner: this.account(owner),
      url: `https://github.com/${name}`,
      visibility,
      isPrivate: async () => (await visibility()) !== "PUBLIC",
      isArchived: async () => (await setting("archived")) === "true",
      defaultBranchRef: async () =>
        this.ref(name, `refs/heads/${await this.repositories.defaultBranch(name)}`),
      ref: ({ qualifiedName }: { readonly qualifiedName: string }) => this.ref(name, qualifiedName),
      object: async ({
        expression,
        oid,
      }: {
        readonly expression?: string;
        readonly oid?: string;
      }) => {
        const found = await commitOf(this.repositories, name, oid ?? expression ?? "");
        return found && this.commit(name, found);
      },
      pullRequest: ({ number }: { readonly number: number }) => this.pull(name, number),
    };
  }

  /** A ref that is there; bare names are branches. */
  async ref(name: string, given: string): Promise<GraphObject | undefined> {
    const ref = given.startsWith("refs/") ? given : `refs/heads/${given}`;
    const found = isPlain(ref) ? await this.repositories.head(name, ref) : undefined;
    if (found === undefined) return undefined;
    const [, prefix = "", short = ""] = /^(refs\/[^/]+\/)(.+)$/.exec(ref) ?? [];
    return {
      __typename: "Ref",
      id: nodeId({ kind: "Ref", repository: name, ref }),
      name: short,
      prefix,
      repository: () => this.repository(name),
      target: this.commit(name, found),
    };
  }

  commit(name: string, oid: string): GraphObject {
    return {
      __typename: "Commit",
      id: nodeId({ kind: "Commit", repository: name, oid }),
      oid,
      url: `https://github.com/${name}/commit/${oid}`,
      repository: () => this.repository(name),
    };
  }

  pull(name: string, number: number): GraphObject | undefined {
    const pull = this.pulls.find(name, number);
    if (pull === undefined) return undefined;
    return {
      __typename: "PullRequest",
      id: nodeId({ kind: "PullRequest", repository: name, number }),
      number,
      title: pull.title,
      state: pull.state.toUpperCase(),
      merged: pull.state === "merged",
      url: `https://github.com/${name}/pull/${number}`,
      baseRefName: pull.base,
      headRefName: pull.head,
      headRefOid: async () => (await this.pulls.tip(name, pull.head)) ?? "",
      repository: () => this.repository(name),
    };
  }

  /** What an id stands for; undefined where nothing of that id is there. */
  async node(id: string): Promise<GraphObject | undefined> {
    const found = readNodeId(id);
    return found && this.#named(found);
  }

  async #named(node: NodeName): Promise<GraphObject | undefined> {
    switch (node.kind) {
      case "User":
      case "Organization":
        return this.account(node.login);
      case "Repository":
        return this.repository(node.repository);
      case "Ref":
        return this.ref(node.repository, node.ref);
      case "Commit":
        return this.commit(node.repository, node.oid);
      case "PullRequest":
        return this.pull(node.repository, node.number);
    }
  }
}
