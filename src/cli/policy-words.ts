import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { approveAction } from "../actions/approve/index.ts";
import { builtinActions } from "../actions/index.ts";
import type { CredentialNames } from "../actions/inject/parameters.ts";
import { err } from "../base/result.ts";
import { issuerNames } from "../config/issuer-names.ts";
import { builtinRuleSets } from "../config/masking.ts";
import type { Config } from "../config/schema.ts";
import { passThrough } from "../http/transform.ts";
import type { Vocabulary } from "../policy/policy.ts";
import { protocols } from "../protocols/index.ts";
import { operationNames } from "../protocols/operation-names.ts";
import type { Io } from "./command.ts";
import { openConfig } from "./config-file.ts";

/** A policy's words, and the config that they come from where there is one. */
export interface PolicyWords {
  readonly vocabulary: Vocabulary;
  readonly config?: Config;
}

/** The gateway's rule sets, by name: to compile them takes a second that a command on paper need not spend. */
export function ruleSetsOf(config: Config | undefined): readonly string[] {
  return [...builtinRuleSets, ...(config?.masking.sets ?? []).map(({ name }) => name)];
}

const defaultConfigFile = "sallyport.yaml";

/**
 * The words that a policy may use, for commands that judge on paper: no action of theirs is ever run. Without a config
 * the names of connections, issuers and credentials are not checked. Absent where the config is bad, which is told.
 */
export function policyWords(file: string | undefined, io: Io): PolicyWords | undefined {
  const implied = existsSync(resolve(io.cwd, defaultConfigFile)) ? defaultConfigFile : undefined;
  const named = file ?? implied;
  if (named === undefined) return { vocabulary: paperVocabulary(undefined) };
  const config = openConfig(named, io);
  return config === undefined ? undefined : { vocabulary: paperVocabulary(config), config };
}

/** The same words as the gateway's, over parts that must not be used. */
export function paperVocabulary(config: Config | undefined): Vocabulary {
  const paper = () => Promise.reject(new TypeError("an action was run on paper"));
  const actions = builtinActions({
    maskers: { ruleSets: ruleSetsOf(config), masker: () => ({ open: () => passThrough }) },
    credentials: {
      ...(config === undefined ? {} : credentialNames(config)),
      header: async () => err("on paper"),
    },
    counters: { add: paper },
    approve: approveAction({ park: paper }),
  });
  const everywhere = {
    actions,
    operations: operationNames,
    protocols: protocols.map(({ name }) => name),
  };
  if (config === undefined) return everywhere;
  return {
    ...everywhere,
    connections: config.connections.map(({ name }) => name),
    issuers: issuerNames(config),
  };
}

function credentialNames({ credentials }: Config): CredentialNames {
  return {
    names: credentials.map(({ name }) => name),
    narrowing: credentials
      .filter(({ source }) => source.kind === "github-app")
      .map(({ name }) => name),
  };
}
