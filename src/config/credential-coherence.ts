import { valueAt } from "../yaml/check.ts";
import type { Path, YamlDocument } from "../yaml/document.ts";
import { didYouMean } from "../yaml/nearest.ts";
import type { Problem } from "../yaml/problem.ts";
import { items } from "./items.ts";

/** Credentials that are named and are not there, and hosts of a credential that no connection leads to. */
export function credentialProblems(document: YamlDocument): readonly Problem[] {
  const credentials = items(document, ["credentials"]);
  const known = names(credentials);
  const own = names(credentials.filter(({ value }) => fetchedWith(value) === undefined));
  return [
    ...items(document, ["connections"]).flatMap(({ path, value }) =>
      unknown(document, [...path, "credential"], valueAt(value, ["credential"]), known),
    ),
    ...credentials.flatMap(({ path, value }) => [
      ...unknown(document, [...path, ...behind], fetchedWith(value), own),
      ...strayHosts(document, path),
    ]),
  ];
}

const behind = ["source", "copilotToken", "credential"];

function fetchedWith(credential: unknown): unknown {
  return valueAt(credential, behind);
}

function names(credentials: readonly { readonly value: unknown }[]): readonly string[] {
  return credentials
    .map(({ value }) => valueAt(value, ["name"]))
    .filter((name) => typeof name === "string");
}

function unknown(
  document: YamlDocument,
  path: Path,
  wanted: unknown,
  known: readonly string[],
): readonly Problem[] {
  if (typeof wanted !== "string" || known.includes(wanted)) return [];
  return [
    document.problem(path, `there is no credential of this name${didYouMean(wanted, known)}`),
  ];
}

function strayHosts(document: YamlDocument, credential: Path): readonly Problem[] {
  const upstreams = items(document, ["connections"]).map(({ value }) => {
    const url = valueAt(value, ["upstream"]);
    return typeof url === "string" && URL.canParse(url) ? new URL(url).host : "";
  });
  return items(document, [...credential, "hosts"]).flatMap(({ path, value }) => {
    if (typeof value !== "string" || upstreams.includes(value.toLowerCase())) return [];
    return [document.problem(path, "no connection has this upstream host")];
  });
}
