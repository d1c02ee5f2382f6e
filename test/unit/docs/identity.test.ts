import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { parseConfig } from "../../../src/config/config.ts";
import type { Config } from "../../../src/config/schema.ts";
import { type Claims, principalOf, sessionOf } from "../../../src/identity/claims.ts";
import { formatProblem } from "../../../src/yaml/problem.ts";

/** The blocks of docs/identity.md, each read as a config, and the issuers met with claims as their providers write them. */
const page = readFileSync(join(import.meta.dirname, "../../../docs/identity.md"), "utf8");
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
const connections = [
  {
    name: "api",
    kind: "github-api",
    hosts: ["api.github.com"],
    upstream: "https://api.github.com",
  },
];

function read(block: string): Config {
  const text = stringify({ connections, ...(parse(block) as object) });
  const config = parseConfig(text, "docs/identity.md", "/srv");
  if (!config.ok) throw new Error(config.error.map(formatProblem).join("\n"));
  return config.value;
}

const github: Claims = {
  sub: "repo:acme/app:ref:refs/heads/main",
  repository: "acme/app",
  repository_id: "74",
  repository_owner: "acme",
  repository_owner_id: "123456",
  enterprise: "acme",
  enterprise_id: "77",
  run_id: "1001",
  run_attempt: "1",
  actor: "octocat",
  actor_id: "12",
  workflow_ref: "acme/app/.github/workflows/ci.yml@refs/heads/main",
  job_workflow_ref: "acme/shared/.github/workflows/agent.yml@refs/heads/main",
  environment: "production",
  ref: "refs/heads/main",
};

interface Met {
  readonly claims: Claims;
  readonly groups: readonly string[];
  /** Claims in which one thing is not as required. */
  readonly other: Claims;
  readonly run?: object;
}

const met: Readonly<Record<string, Met>> = {
  "github-actions": {
    claims: github,
    groups: ["acme/app"],
    other: { repository_owner_id: "1", repository_owner: "acme" },
    run: {
      repositoryId: "74",
      runId: "1001",
      runAttempt: "1",
      actorId: "12",
      environment: "production",
    },
  },
  ghe: { claims: github, groups: [], other: { enterprise_id: "78" }, run: { repositoryId: "74" } },
  ghes: {
    claims: { ...github, repository_owner_id: "15" },
    groups: [],
    other: { repository_owner_id: "16" },
    run: { repositoryOwnerId: "15", jobWorkflowRef: github["job_workflow_ref"] },
  },
  gitlab: {
    claims: {
      sub: "project_path:acme/app:ref_type:branch:ref:main",
      namespace_id: "72",
      namespace_path: "acme",
      project_id: "20",
      project_path: "acme/app",
      user_id: "1",
      user_login: "ada",
      pipeline_id: "574",
      pipeline_source: "push",
      job_id: "302",
      ref: "main",
      ref_path: "refs/heads/main",
      ref_protected: "true",
      ci_config_ref_uri: "gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/main",
    },
    groups: [],
    other: { ref_protected: "false" },
    run: { repositoryId: "20", runId: "574", actorId: "1", ref: "refs/heads/main" },
  },
  cluster: {
    claims: {
      sub: "system:serviceaccount:agents:reviewer",
      "kubernetes.io": {
        namespace: "agents",
        pod: { name: "reviewer-0", uid: "5e0bd49b" },
        serviceaccount: { name: "reviewer", uid: "14ee3fa4" },
      },
    },
    groups: ["reviewer"],
    other: { "kubernetes.io": { namespace: "default", serviceaccount: { name: "reviewer" } } },
  },
  entra: {
    claims: {
      sub: "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
      oid: "00000000-0000-0000-66f3-3332eca7ea81",
      tid: "11111111-2222-3333-4444-555555555555",
      roles: ["Approver"],
    },
    groups: ["Approver"],
    other: { tid: "99999999-2222-3333-4444-555555555555" },
  },
  okta: {
    claims: { sub: "00uid4BxXw6I6TV4m0g3", groups: ["Everyone", "platform"] },
    groups: ["Everyone", "platform"],
    other: { sub: undefined },
  },
  dex: {
    claims: {
      sub: "CgNhZGESBGxkYXA",
      email: "ada@acme.test",
      email_verified: true,
      groups: ["platform"],
      federated_claims: { connector_id: "ldap", user_id: "ada" },
    },
    groups: ["platform"],
    other: { email_verified: false },
  },
};

test("every block is a config", () => {
  expect(blocks.length).toBeGreaterThanOrEqual(11);
  for (const block of blocks) read(block);
});

describe("the claims of", () => {
  const issuers = blocks.flatMap((block) => read(block).identity.issuers);
  test("every issuer are met here", () => {
    expect(issuers.map(({ name }) => name)).toEqual(Object.keys(met));
  });

  test.each(issuers.map((issuer) => [issuer.name, issuer] as const))("%s", (name, issuer) => {
    const { claims, groups, other, run } = met[name] ?? { claims: {}, groups: [], other: {} };
    const principal = principalOf(issuer, claims);
    if (!principal.ok) throw new Error(principal.error);
    expect(principal.value).toMatchObject({ id: `${name}:${claims["sub"]}`, groups });
    if (run === undefined) expect(principal.value.run).toBeUndefined();
    else expect(principal.value.run).toMatchObject(run);
    expect(sessionOf(issuer.issuer, principal.value)).toMatch(/^ses_/);
    expect(principalOf(issuer, { ...claims, ...other }).ok).toBe(false);
  });
});
