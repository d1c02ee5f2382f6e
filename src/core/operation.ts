export type Access = "read" | "write";
export type AttributeValue = string | number | boolean | readonly string[];

/** One thing the client asks of an upstream, in words that every protocol shares. */
export interface Operation {
  /** The protocol that it was read from: `github-rest`, `git`, `chat`, … */
  readonly protocol: string;
  /** From the catalogue in docs/operations.md: `repository.create`, `push`, `model.call`, … */
  readonly name: string;
  readonly access: Access;
  /** What it touches: `github.com/acme/app`, or the connection's host where nothing finer is known. */
  readonly resource: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Attributes that apply here but could not be told in full: whether a condition on one holds cannot be decided. */
  readonly unknown?: readonly string[];
}

export function nameOf({ name }: Pick<Operation, "name">): string {
  return name;
}

export function resourceOf({ resource }: Pick<Operation, "resource">): string {
  return resource;
}
