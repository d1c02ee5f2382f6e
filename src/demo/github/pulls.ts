import { err, ok, type Result } from "../../base/result.ts";
import type { Repositories } from "../repositories.ts";
import { merge } from "./merge.ts";

/** A pull request: one branch that is to go into another one of the same repository. */
export interface Pull {
  readonly number: number;
  readonly title: string;
  readonly base: string;
  readonly head: string;
  state: "open" | "closed" | "merged";
}

/** The pull requests of all repositories, kept in memory. */
export class Pulls {
  readonly #repositories: Repositories;
  readonly #pulls = new Map<string, Pull[]>();

  constructor(repositories: Repositories) {
    this.#repositories = repositories;
  }

  list(name: string): readonly Pull[] {
    return this.#pulls.get(name) ?? [];
  }

  find(name: string, number: number): Pull | undefined {
    return this.list(name).find((pull) => pull.number === number);
  }

  async open(name: string, title: string, base: string, head: string): Promise<Result<Pull>> {
    for (const branch of [base, head])
      if ((await this.tip(name, branch)) === undefined) return err(`${branch} is no branch`);
    const pulls = this.#pulls.get(name) ?? [];
    const pull: Pull = { number: pulls.length + 1, title, base, head, state: "open" };
    this.#pulls.set(name, [...pulls, pull]);
    return ok(pull);
  }

  tip(name: string, branch: string): Promise<string | undefined> {
    return this.#repositories.head(name, `refs/heads/${branch}`);
  }

  /** Merges it for real; gives the new commit of its base. */
  async merge(name: string, pull: Pull, squash = false): Promise<Result<string>> {
    const head = await this.tip(name, pull.head);
    if (pull.state !== "open" || head === undefined) return err("Pull Request is not mergeable");
    const message = `Merge pull request #${pull.number} from ${pull.head}\n\n${pull.title}`;
    const merged = await merge(this.#repositories, name, {
      base: pull.base,
      head,
      message,
      squash,
    });
    if (!merged.ok) return merged;
    if (merged.value === undefined) return err("Pull Request is not mergeable");
    pull.state = "merged";
    return ok(merged.value);
  }
}
