import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface DemoSetting {
  /** Where the files go, and where Sallyport keeps its state. */
  readonly dir: string;
  /** URLs of the demo parts. */
  readonly issuer: string;
  readonly upstream: string;
  readonly collector: string;
  /** What the upstream wants to see; written to a file of its own, never into the config. */
  readonly credential: string;
  /** Any free port for everything, instead of the ones that the documentation names. */
  readonly anyPort?: boolean;
}

/** Writes the demo's config, policy and credential, and gives the config's path. */
export async function writeDemoSetting(setting: DemoSetting): Promise<string> {
  await mkdir(setting.dir, { recursive: true });
  const config = join(setting.dir, "sallyport.yaml");
  await writeFile(join(setting.dir, "credential"), `${setting.credential}\n`, { mode: 0o600 });
  await writeFile(join(setting.dir, "policy.yaml"), demoPolicy);
  await writeFile(config, demoConfig(setting));
  return config;
}

function demoConfig({ issuer, upstream, collector, anyPort }: DemoSetting): string {
  const free = "127.0.0.1:0";
  const listen =
    anyPort === true
      ? `listen: { proxy: "${free}", forward: "${free}", api: "${free}", metrics: "${free}" }\n`
      : "";
  return `# The demo's configuration: true in every part, with stand-ins for GitHub, Copilot, the identity provider and the collector.
${listen}identity:
  issuers:
    - { name: ci, issuer: "${issuer}", audience: sallyport, require: { repository_owner_id: "123456" } }
    - { name: people, issuer: "${issuer}/people", audience: sallyport-approvals, groups: groups, jwks: "${issuer}/jwks" }
credentials:
  - { name: copilot, source: { file: ./credential }, scheme: bearer }
  - { name: github, source: { file: ./credential }, scheme: token }
  - { name: git, source: { file: ./credential }, scheme: basic }
connections:
  - { name: copilot, kind: copilot, hosts: [api.githubcopilot.com], upstream: "${upstream}", credential: copilot }
  - { name: github-api, kind: github-api, hosts: [api.github.com], upstream: "${upstream}", credential: github }
  - { name: github-git, kind: git, hosts: [github.com], upstream: "${upstream}", credential: git }
policy: ./policy.yaml
approvals: { signIn: { issuer: people, clientId: sallyport-approvals } }
audit: { otlp: { url: "${collector}" } }
`;
}

/** The law of the demo, short enough to be read aloud. */
export const demoPolicy = `rules:
  - id: workflows-belong-to-people
    when: { operation: contents.write, attributes: { paths: { some: ".github/workflows/**" } } }
    then: [ { deny: { reason: "Workflows decide what CI may do. Ask a person to open a pull request for .github/workflows." } } ]
  - id: main-needs-a-person
    when: { operation: push, attributes: { ref: refs/heads/main } }
    then: [ { approve: { by: "group:maintainers", within: 15m, hold: 5m } }, { inject: {} }, { record: {} } ]
  - id: new-repositories-need-a-person
    when: { operation: repository.create }
    then: [ { approve: { by: "group:maintainers", within: 15m, hold: 5m } }, { inject: {} }, { record: {} } ]
  - id: topic-branches
    when: { operation: push, attributes: { ref: "refs/heads/topic/**" } }
    then: [ { inject: {} }, { record: {} } ]
  - id: reading
    when: { access: read }
    then: [ { mask: { rules: default } }, { inject: {} }, { record: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;
