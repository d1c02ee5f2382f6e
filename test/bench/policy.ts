import { parsePolicy } from "../../src/policy/parse.ts";
import type { Policy } from "../../src/policy/policy.ts";
import { operationNames } from "../../src/protocols/operation-names.ts";
import { anOperation, someFacts } from "../support/facts.ts";
import { paperActions } from "../support/paper-actions.ts";

/** What one decision costs with so many rules, and what to load them costs. */
export interface PolicyCost {
  readonly rules: number;
  /** Nanoseconds of CPU time per request, the median of several rounds. */
  readonly decision: number;
  /** Milliseconds for the whole policy. */
  readonly load: number;
}

const connections = ["github-api", "github-git", "copilot", "github-api-eu", "github-git-eu"];
const names = operationNames.filter((name) => name !== "repository.read");

/** A policy like those of large organisations: each rule about an operation, a connection, a resource and a group. */
export function policyOf(rules: number): string {
  const lines = Array.from({ length: rules - 1 }, (_, index) => {
    const name = names[index % names.length];
    const connection = connections[index % connections.length];
    const when = `operation: ${name}, connection: ${connection}, resource: github.com/org-${index}/*, principal: { groups: team-${index} }`;
    return `  - { id: rule-${index}, when: { ${when} }, then: [{ deny: {} }] }`;
  });
  const last = "  - { id: reading, when: { operation: repository.read }, then: [allow] }";
  return ["rules:", ...lines, last, ""].join("\n");
}

/** Measures decisions on requests that the last rule rules, for 10, 100 and 1,000 rules. */
export function measurePolicy(sizes: readonly number[] = [10, 100, 1_000]): readonly PolicyCost[] {
  costOf(load(policyOf(10)), 200_000);
  return sizes.map((rules) => {
    const before = performance.now();
    const policy = load(policyOf(rules));
    const loaded = performance.now() - before;
    const rounds = Array.from({ length: 9 }, () => costOf(policy, 20_000)).sort((a, b) => a - b);
    return { rules, decision: rounds[4] ?? Number.NaN, load: loaded };
  });
}

function costOf(policy: Policy, requests: number): number {
  const facts = someFacts({ operations: [anOperation({ name: "repository.read" })] });
  const start = process.cpuUsage();
  for (let request = 0; request < requests; request++)
    if (policy.evaluate(facts).rulings[0].rule !== "reading") throw new Error("another rule ruled");
  const { user, system } = process.cpuUsage(start);
  return ((user + system) * 1_000) / requests;
}

function load(text: string): Policy {
  const policy = parsePolicy([{ file: "bench.yaml", text }], new Map(), {
    actions: paperActions(),
  });
  if (!policy.ok) throw new Error("the benchmark's policy does not load");
  return policy.value;
}

if (import.meta.main) {
  const costs = measurePolicy();
  for (const { rules, decision, load: ms } of costs)
    console.log(
      `${rules} rules: ${decision.toFixed(0)} ns per decision, loaded in ${ms.toFixed(0)} ms`,
    );
  const [ten, , thousand] = costs;
  console.log(
    `1000 rules cost ${((thousand?.decision ?? 0) / (ten?.decision ?? 1)).toFixed(2)} times what 10 do`,
  );
}
