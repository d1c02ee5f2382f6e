import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newRecordId, type RuleId, type SessionId } from "../../../src/core/ids.ts";
import type { Completion, Intent } from "../../../src/core/record.ts";

export function freshDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), "sallyport-audit-"));
}

let tick = 1_790_000_000_000;

/** An intent as the gateway makes one for a CI run that creates a repository. */
export function sampleIntent(over: Partial<Intent> = {}): Intent {
  tick += 1;
  return {
    id: newRecordId(tick),
    at: tick,
    decision: "allow",
    method: "POST",
    path: "/orgs/acme/repos",
    connection: { name: "github-api", kind: "github-api", upstream: "https://api.github.com/" },
    principal: {
      id: "github-actions:repo:acme/app:ref:refs/heads/main",
      issuer: "github-actions",
      subject: "repo:acme/app:ref:refs/heads/main",
      groups: ["acme/app"],
      claims: {
        sha: "9d59409acf479dfa0df1aa568182e43e43df8bbe",
        email: "claims-are-not-kept@x.test",
      },
      run: {
        repository: "acme/app",
        repositoryId: "1",
        repositoryOwnerId: "2",
        runId: "120912",
        runAttempt: "1",
        actor: "octocat",
        actorId: "583231",
        workflowRef: "acme/app/.github/workflows/ai.yml@refs/heads/main",
        jobWorkflowRef: "acme/app/.github/workflows/ai.yml@refs/heads/main",
        environment: "ci",
        ref: "refs/heads/main",
      },
    },
    session: "ses_1" as SessionId,
    operations: [
      {
        protocol: "github-rest",
        name: "repository.create",
        access: "write",
        resource: "api.github.com/acme",
        attributes: { name: "new" },
      },
    ],
    rules: ["new-repositories" as RuleId],
    observed: [],
    policyDigest: "ab".repeat(32),
    userAgent: "octokit",
    ...over,
  };
}

export function sampleCompletion(intent: Intent, over: Partial<Completion> = {}): Completion {
  return {
    id: intent.id,
    at: intent.at + 250,
    end: "completed",
    status: 201,
    requestBytes: 120,
    responseBytes: 4096,
    findings: [{ rule: "aws-key", fingerprint: "f1", channel: "body", offset: 3, length: 20 }],
    upstreamRequestId: "ABCD:1234",
    ...over,
  };
}
