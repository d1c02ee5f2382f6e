import table from "./table.json" with { type: "json" };

/** A route of GitHub's published API, and what its template's parameters stand for. */
export interface Route {
  readonly operationId: string;
  readonly method: string;
  /** `/repos/{owner}/{repo}/contents/{path+}`; a `+` takes one segment or more. */
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
}

interface Leaf {
  readonly operationId: string;
  readonly template: string;
}

interface Branch {
  readonly literals: Map<string, Branch>;
  /** A parameter that takes one segment. */
  one?: Branch;
  /** A parameter that takes one segment or more. */
  many?: Branch;
  readonly leaves: Map<string, Leaf>;
}

const root = newBranch();
for (const [operationId, route] of Object.entries(table)) {
  const [method = "", template = ""] = route.split(" ");
  add(template.slice(1).split("/"), method, { operationId, template });
}

/**
 * Finds the route for a method and decoded path segments; literal segments are compared without case and win
 * over parameters. GitHub takes POST where it documents PATCH, HEAD where it documents GET.
 */
export function findRoute(method: string, segments: readonly string[]): Route | undefined {
  for (const tried of aliases(method)) {
    const found = walk(root, segments, 0, tried);
    if (found !== undefined)
      return {
        ...found.leaf,
        method: tried,
        parameters: name(found.leaf.template, found.values),
      };
  }
  return undefined;
}

/** The template's parameters by name, `+` dropped. */
function name(template: string, values: readonly string[]): Readonly<Record<string, string>> {
  const names = [...template.matchAll(/\{([^}+]+)\+?\}/g)].map((match) => match[1] ?? "");
  return Object.fromEntries(names.map((parameter, index) => [parameter, values[index] ?? ""]));
}

function aliases(method: string): readonly string[] {
  if (method === "HEAD") return ["GET"];
  return method === "POST" ? ["POST", "PATCH"] : [method];
}

function newBranch(): Branch {
  return { literals: new Map(), leaves: new Map() };
}

function add(template: readonly string[], method: string, leaf: Leaf): void {
  let branch = root;
  for (const part of template) branch = grow(branch, part);
  branch.leaves.set(method, leaf);
}

function grow(branch: Branch, part: string): Branch {
  if (part.endsWith("+}")) {
    branch.many ??= newBranch();
    return branch.many;
  }
  if (part.startsWith("{")) {
    branch.one ??= newBranch();
    return branch.one;
  }
  const next = branch.literals.get(part) ?? newBranch();
  branch.literals.set(part, next);
  return next;
}

interface Found {
  readonly leaf: Leaf;
  readonly values: readonly string[];
}

function walk(
  branch: Branch,
  segments: readonly string[],
  at: number,
  method: string,
): Found | undefined {
  const segment = segments[at];
  if (segment === undefined) {
    const leaf = branch.leaves.get(method);
    return leaf === undefined ? undefined : { leaf, values: [] };
  }
  const literal = branch.literals.get(segment.toLowerCase());
  return (
    (literal && walk(literal, segments, at + 1, method)) ??
    (branch.one && take(branch.one, segments, at, at + 1, method)) ??
    (branch.many && takeMany(branch.many, segments, at, method))
  );
}

function takeMany(
  branch: Branch,
  segments: readonly string[],
  at: number,
  method: string,
): Found | undefined {
  for (let end = segments.length; end > at; end--) {
    const found = take(branch, segments, at, end, method);
    if (found !== undefined) return found;
  }
  return undefined;
}

function take(
  branch: Branch,
  segments: readonly string[],
  at: number,
  end: number,
  method: string,
): Found | undefined {
  const found = walk(branch, segments, end, method);
  if (found === undefined) return undefined;
  return { leaf: found.leaf, values: [segments.slice(at, end).join("/"), ...found.values] };
}
