import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** One import, of a type or a value: both as paths from the project's root, `node:…`, or `node_modules/…`. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** A forbidden import, in the words of .dependency-cruiser.mjs: regular expressions on both ends, `$1` the first group of `from.path`. */
export interface Rule {
  readonly name: string;
  readonly from: { readonly path?: string; readonly pathNot?: string };
  readonly to: { readonly path?: string; readonly pathNot?: string; readonly circular?: boolean };
}

const statement =
  /^\s*(?:import|export)\b[^;'"]*?\bfrom\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']|\b(?:import|require|getBuiltinModule)\(\s*["'`]([^"'`]+)["'`]/gm;

const vague = /^(?:utils?|helpers?|common|shared|types|services|internal)(?:\.ts)?$/;

/** The project's own rules. dependency-cruiser itself cannot read TypeScript 7, and then finds nothing to complain of. */
export async function readRules(root: string): Promise<readonly Rule[]> {
  const file: string = join(root, ".dependency-cruiser.mjs");
  const { default: config } = (await import(file)) as {
    readonly default: { readonly forbidden: readonly Rule[] };
  };
  return config.forbidden;
}

/** Every source file under `src`, from the project's root. */
export function listSources(root: string): readonly string[] {
  return globSync("src/**/*.ts", { cwd: root }).sort();
}

/** What a file imports; whether it is there is the type checker's business. */
export function readImports(root: string, file: string): readonly Import[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(statement)].map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? "";
    return { from: file, to: resolve(file, specifier) };
  });
}

function resolve(file: string, specifier: string): string {
  if (specifier.startsWith("node:") || specifier.startsWith("#")) return specifier;
  if (!specifier.startsWith(".")) return `node_modules/${specifier}`;
  return normalize(join(dirname(file), specifier));
}

/** One sentence for each broken rule. */
export function judge(rules: readonly Rule[], imports: readonly Import[]): readonly string[] {
  return rules.flatMap((rule) =>
    rule.to.circular === true
      ? cycles(imports).map((files) => `${rule.name}: ${files.join(" → ")}`)
      : imports
          .filter((found) => breaks(rule, found))
          .map((found) => `${rule.name}: ${found.from} → ${found.to}`),
  );
}

/** Names that say nothing: no file or folder may be called so. */
export function vagueNames(files: readonly string[]): readonly string[] {
  return files
    .filter((file) => file.split("/").some((part) => vague.test(part)))
    .map((file) => `name-says-nothing: ${file}`);
}

function breaks({ from, to }: Rule, found: Import): boolean {
  const match = from.path === undefined ? [] : new RegExp(from.path).exec(found.from);
  if (match === null) return false;
  if (from.pathNot !== undefined && new RegExp(from.pathNot).test(found.from)) return false;
  const fill = (pattern: string): RegExp => new RegExp(pattern.replaceAll("$1", match[1] ?? "$1"));
  if (to.path !== undefined && !fill(to.path).test(found.to)) return false;
  return to.pathNot === undefined || !fill(to.pathNot).test(found.to);
}

/** The first cycle through each file that closes one, each cycle once. */
function cycles(imports: readonly Import[]): readonly (readonly string[])[] {
  const graph = Map.groupBy(imports, ({ from }) => from);
  const found = new Map<string, readonly string[]>();
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const at = trail.indexOf(file);
    if (at >= 0) {
      const cycle = trail.slice(at);
      found.set([...cycle].sort().join(), [...cycle, file]);
      return;
    }
    if (done.has(file)) return;
    for (const { to } of graph.get(file) ?? []) visit(to, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return [...found.values()];
}
