import { Environment } from "@marcbachmann/cel-js";
import { RE2JS } from "re2js";

/** The largest expression, in nodes of its tree and in levels. */
const limits = {
  maxAstNodes: 300,
  maxDepth: 32,
  maxListElements: 256,
  maxMapEntries: 64,
  maxCallArguments: 4,
};

/** Stands in for CEL's `matches`, whose library would use a backtracking engine; of the same length, so that positions hold. */
export const linearMatches = "matchRE";

/** The variables that expressions see, and their types; `macros` are further truth values. */
export function environment(macros: Iterable<string>): Environment {
  const env = new Environment({ limits })
    .registerVariable({
      name: "principal",
      schema: {
        id: "string",
        issuer: "string",
        subject: "string",
        groups: "list<string>",
        claims: "map<string, dyn>",
        run: "map<string, string>",
      },
    })
    .registerVariable({
      name: "operation",
      schema: {
        protocol: "string",
        name: "string",
        access: "string",
        resource: "string",
        attributes: "map<string, dyn>",
      },
    })
    .registerVariable({
      name: "request",
      schema: {
        method: "string",
        path: "string",
        host: "string",
        size: "int",
        headers: "map<string, list<string>>",
        time: "google.protobuf.Timestamp",
      },
    })
    .registerVariable({ name: "connection", schema: { name: "string", kind: "string" } })
    .registerVariable("session", "string")
    .registerVariable("lists", "map<string, list<string>>")
    .registerFunction(`string.${linearMatches}(string): bool`, matches);
  for (const macro of macros) env.registerVariable(macro, "bool");
  return env;
}

/** The variables that an expression may name, macros apart. */
export const variables = ["principal", "operation", "request", "connection", "session", "lists"];

const compiled = new Map<string, RE2JS>();

/** Compiles the literal pattern of a `matches` when the policy is loaded; false where it is not RE2. */
export function preparePattern(pattern: string): boolean {
  try {
    if (!compiled.has(pattern)) compiled.set(pattern, RE2JS.compile(pattern));
    return true;
  } catch {
    return false;
  }
}

function matches(text: string, pattern: string): boolean {
  const expression = compiled.get(pattern);
  if (expression === undefined) throw new TypeError("a pattern that was not prepared");
  return expression.test(text);
}
