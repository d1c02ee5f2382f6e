import { schema } from "@octokit/graphql-schema";
import {
  BreakingChangeType,
  buildSchema,
  findBreakingChanges,
  isObjectType,
  parse,
  validate,
} from "graphql";
import { expect, it } from "vitest";
import { schemaText } from "../../../../src/demo/github/graphql-schema.ts";
import { namedMutations } from "../../../../src/protocols/graphql/known-mutations.ts";
import { closelyRead } from "../../../../src/protocols/graphql/mutations.ts";
import { nodeQuery } from "../../../../src/protocols/upstream/lookup.ts";

/** GitHub's published schema. It is not free of faults itself, which is no concern of ours. */
const github = buildSchema(schema.idl, { assumeValidSDL: true, assumeValid: true });
const mutations = Object.keys(github.getMutationType()?.getFields() ?? {});

it("GitHub understands what the gateway asks about a node id", () => {
  expect(validate(github, parse(nodeQuery))).toEqual([]);
});

it("every mutation that is known by name is one of GitHub's", () => {
  const known = [...namedMutations.keys(), ...closelyRead];
  expect(known.filter((name) => !mutations.includes(name))).toEqual([]);
  expect(known.length).toBeGreaterThan(100);
});

it("what makes repositories, moves refs or writes files is known, not merely a write", () => {
  const risky =
    /(create|clone|start).*(Repository|Migration)$|^(create|update|delete)Refs?$|CommitOn|^merge|Branch$|BranchProtectionRule|Ruleset|Environment|^(enable|enqueue).*PullRequest|Deployments?$|CheckSuite/;
  const known = new Set([...namedMutations.keys(), ...closelyRead]);
  const unknown = mutations.filter((name) => risky.test(name) && !known.has(name));
  expect(unknown).toEqual(["deleteLinkedBranch"]);
});

it("what the demo answers, GitHub answers too, under the same names and types", () => {
  const demo = buildSchema(schemaText);
  const changes = findBreakingChanges(demo, github);
  const kinds: readonly string[] = [
    BreakingChangeType.TYPE_REMOVED,
    BreakingChangeType.FIELD_REMOVED,
    BreakingChangeType.ARG_REMOVED,
    BreakingChangeType.REQUIRED_ARG_ADDED,
    BreakingChangeType.REQUIRED_INPUT_FIELD_ADDED,
    BreakingChangeType.TYPE_CHANGED_KIND,
    BreakingChangeType.FIELD_CHANGED_KIND,
  ];
  const told = changes.filter(({ type }) => kinds.includes(type));
  expect(told.map(({ description }) => description)).toEqual([]);
  expect(isObjectType(demo.getMutationType())).toBe(true);
});
