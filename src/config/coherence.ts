import { valueAt } from "../yaml/check.ts";
import type { Path, YamlDocument } from "../yaml/document.ts";
import type { Problem } from "../yaml/problem.ts";
import { credentialProblems } from "./credential-coherence.ts";
import { items } from "./items.ts";

/**
 * What no single value shows: names and hosts taken twice, credentials that are not there. It reads the document as it
 * was written, so that these are told together with everything else that is wrong.
 */
export function incoherences(document: YamlDocument): readonly Problem[] {
  return [
    ...repeated(document, ["identity", "issuers"], ["name"], "another issuer has this name"),
    ...sharedName(document),
    ...repeated(document, ["identity", "issuers"], ["issuer"], "another entry has this issuer"),
    ...repeated(document, ["credentials"], ["name"], "another credential has this name"),
    ...repeated(document, ["connections"], ["name"], "another connection has this name"),
    ...repeated(
      document,
      ["approvals", "notify", "webhooks"],
      ["name"],
      "another one has this name",
    ),
    ...repeated(document, ["approvals", "notify", "slack"], ["name"], "another one has this name"),
    ...repeatedHosts(document),
    ...credentialProblems(document),
    ...tunnelledConnections(document),
    ...sharedLog(document),
  ];
}

function repeated(
  document: YamlDocument,
  list: Path,
  key: Path,
  message: string,
): readonly Problem[] {
  const seen = new Set<unknown>();
  return items(document, list).flatMap(({ path, value }) => {
    const named = valueAt(value, key);
    if (typeof named !== "string") return [];
    const again = seen.has(named);
    seen.add(named);
    return again ? [document.problem([...path, ...key], message)] : [];
  });
}

/** The SAML provider is an issuer too, as far as policy is concerned. */
function sharedName(document: YamlDocument): readonly Problem[] {
  const path = ["identity", "saml", "name"];
  const saml = valueAt(document.value, path);
  const issuers = items(document, ["identity", "issuers"]);
  const taken = issuers.some(({ value }) => valueAt(value, ["name"]) === saml);
  return saml !== undefined && taken ? [document.problem(path, "an issuer has this name")] : [];
}

function repeatedHosts(document: YamlDocument): readonly Problem[] {
  const seen = new Set<string>();
  return items(document, ["connections"]).flatMap(({ path }) =>
    items(document, [...path, "hosts"]).flatMap((host) => {
      if (typeof host.value !== "string") return [];
      const name = host.value.toLowerCase();
      const again = seen.has(name);
      seen.add(name);
      return again ? [document.problem(host.path, "this host has a connection already")] : [];
    }),
  );
}

/** A host cannot be guarded and let through untouched. */
function tunnelledConnections(document: YamlDocument): readonly Problem[] {
  const guarded = items(document, ["connections"]).flatMap(({ path }) =>
    items(document, [...path, "hosts"]).map(({ value }) => String(value).toLowerCase()),
  );
  return items(document, ["forward", "tunnels"]).flatMap(({ path, value }) => {
    const name = String(value).toLowerCase().replace(/:\d+$/, "");
    if (!guarded.includes(name)) return [];
    return [
      document.problem(path, "this host has a connection: its traffic is judged, not tunnelled"),
    ];
  });
}

/** Gateways find one another, and who writes the log, through their Redis. */
function sharedLog(document: YamlDocument): readonly Problem[] {
  if (valueAt(document.value, ["audit", "log"]) === undefined) return [];
  if (valueAt(document.value, ["state", "kind"]) === "redis") return [];
  return [document.problem(["audit", "log"], "a log that gateways share needs state: redis")];
}
