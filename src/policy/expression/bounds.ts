import type { ASTNode } from "@marcbachmann/cel-js";
import { linearMatches, preparePattern } from "./environment.ts";

/** The longest text, the longest list or map, and the most text and items in one variable that an expression is shown. */
export const longestText = 4_096;
export const mostItems = 256;
export const mostCells = 65_536;
/** An expression may take so many steps at worst: a node evaluated, 64 characters compared, or one matched by a pattern. */
export const mostSteps = 2_000_000;

/** What is wrong with an expression, and where in its text. */
export interface Complaint {
  readonly start: number;
  readonly message: string;
}

/** To compare two values costs as much as it does for the largest that there can be. */
const comparison = mostCells / 64;
const operators: ReadonlySet<string> = new Set(["in", "==", "!=", "<", "<=", ">", ">=", "+"]);
const quantifiers: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "filter"]);
const moments = [
  "getFullYear",
  "getMonth",
  "getDate",
  "getDayOfMonth",
  "getDayOfWeek",
  "getDayOfYear",
  "getHours",
  "getMinutes",
  "getSeconds",
];
const functions: ReadonlySet<string> = new Set([
  ...["has", "size", "contains", "startsWith", "endsWith", linearMatches, "indexOf", "lastIndexOf"],
  ...["substring", "lowerAscii", "upperAscii", "trim"],
  ...["int", "double", "string", "bool", "timestamp", "duration", "type", "dyn"],
  ...moments,
]);

/**
 * Bounds what an expression can cost before it is ever run. Nothing in it can make a value much larger than those it is
 * given: there is no `map`, `bind` or `join`, so that time and memory follow from the tree and the bounds of the facts.
 */
export function complaints(ast: ASTNode): readonly Complaint[] {
  const found: Complaint[] = [];
  const steps = cost(ast, found);
  if (steps > mostSteps)
    found.push({
      start: ast.start,
      message: `could take ${steps} steps; at most ${mostSteps} are allowed`,
    });
  return found;
}

/** Every name that an expression uses. */
export function names(ast: ASTNode): ReadonlySet<string> {
  const found = new Set<string>();
  const open: ASTNode[] = [ast];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.op === "id") found.add(String(node.args));
    open.push(...children(node));
  }
  return found;
}

/** Every field of a variable that an expression selects, as `variable.field`. */
export function fields(ast: ASTNode): ReadonlySet<string> {
  const own =
    ast.op === "." && ast.args[0].op === "id" ? [`${ast.args[0].args}.${ast.args[1]}`] : [];
  return new Set([...own, ...children(ast).flatMap((child) => [...fields(child)])]);
}

/**
 * The attributes of the operation that an expression selects by name; undefined where it uses them in another way, and
 * so may look at any.
 */
export function attributesUsed(ast: ASTNode): ReadonlySet<string> | undefined {
  const found = new Set<string>();
  let loose = false;
  const walk = (node: ASTNode): void => {
    const name = attributeName(node);
    if (name !== undefined) found.add(name);
    else if (isPlainField(node)) return;
    else if (isAttributes(node) || isVariable(node, "operation")) loose = true;
    else for (const child of children(node)) walk(child);
  };
  walk(ast);
  return loose ? undefined : found;
}

/** `operation.attributes.name` or `operation.attributes["name"]`. */
function attributeName(node: ASTNode): string | undefined {
  if (node.op !== "." && node.op !== "[]") return undefined;
  const [of, key] = node.args;
  if (!isAttributes(of)) return undefined;
  if (typeof key === "string") return key;
  return key.op === "value" && typeof key.args === "string" ? key.args : undefined;
}

/** Another field of the operation, such as its name. */
function isPlainField(node: ASTNode): boolean {
  return node.op === "." && node.args[1] !== "attributes" && isVariable(node.args[0], "operation");
}

function isAttributes(node: ASTNode): boolean {
  return node.op === "." && node.args[1] === "attributes" && isVariable(node.args[0], "operation");
}

function isVariable(node: ASTNode, name: string): boolean {
  return node.op === "id" && node.args === name;
}

/** Every call of that method, for its receiver and arguments. */
export function methodCalls(ast: ASTNode, name: string): readonly ASTNode[] {
  const own = ast.op === "rcall" && methodName(ast) === name ? [ast] : [];
  return [...own, ...children(ast).flatMap((child) => methodCalls(child, name))];
}

function cost(node: ASTNode, found: Complaint[]): number {
  const inner = children(node);
  if (node.op === "call" || node.op === "rcall") return callCost(node, inner, found);
  const sum = inner.reduce((total, child) => total + cost(child, found), 0);
  return sum + (operators.has(node.op) ? comparison : 1);
}

function callCost(node: ASTNode, inner: readonly ASTNode[], found: Complaint[]): number {
  const name = methodName(node);
  if (quantifiers.has(name)) {
    const [receiver, , body] = inner;
    const items = receiver?.op === "list" ? children(receiver).length : mostItems;
    const outside = receiver === undefined ? 0 : cost(receiver, found);
    return outside + items * (1 + (body === undefined ? 0 : cost(body, found)));
  }
  if (!functions.has(name)) {
    found.push({ start: node.start, message: `${name}() is not available here` });
    return 0;
  }
  if (name === linearMatches) checkPattern(node, inner.at(-1), found);
  const itself = name === linearMatches ? longestText : longestText / 64;
  return itself + inner.reduce((total, child) => total + cost(child, found), 0);
}

function checkPattern(node: ASTNode, pattern: ASTNode | undefined, found: Complaint[]): void {
  const literal =
    pattern?.op === "value" && typeof pattern.args === "string" ? pattern.args : undefined;
  if (literal === undefined)
    found.push({ start: node.start, message: "matches() takes a text that is written out" });
  else if (!preparePattern(literal))
    found.push({ start: pattern?.start ?? 0, message: "must be an RE2 regular expression" });
}

function methodName(node: ASTNode): string {
  return Array.isArray(node.args) ? String(node.args[0]) : "";
}

/** The nodes right below one, in the order of the text. */
function children(node: ASTNode): readonly ASTNode[] {
  return nodesIn(node.args);
}

function nodesIn(value: unknown): readonly ASTNode[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  return isNode(value) ? [value] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "op" in value && "start" in value;
}
