import type { DemoIssuer } from "../../src/demo/issuer.ts";

/** A token of a person at the second issuer, `people`. */
export function personToken(
  issuer: DemoIssuer,
  login: string,
  groups: readonly string[],
): Promise<string> {
  const iss = `${issuer.url}/people`;
  const aud = "sallyport-approvals";
  return issuer.token({ iss, aud, sub: login, actor: login, actor_id: login, groups });
}

export type Mapping = Readonly<Record<string, unknown>>;

/** The same tests run over any transport: `SALLYPORT_TRANSPORT=http2 node test/run.ts test/e2e`. */
const asked = process.env["SALLYPORT_TRANSPORT"];
export const transport = asked === undefined ? {} : { transport: asked };

/** The config of a gateway under test, on free ports, in front of these parts. */
export function configFor(
  issuer: string,
  upstream: string,
  collector: string,
  copilotHosts: readonly string[] = ["api.githubcopilot.com"],
): Mapping {
  const free = "127.0.0.1:0";
  const file = "./credential";
  return {
    listen: { proxy: free, forward: free, api: free, metrics: free, ...transport },
    identity: {
      issuers: [
        {
          name: "ci",
          issuer,
          audience: "sallyport",
          require: { repository_owner_id: "123456" },
        },
        {
          name: "people",
          issuer: `${issuer}/people`,
          audience: "sallyport-approvals",
          groups: "groups",
          jwks: `${issuer}/jwks`,
        },
      ],
    },
    credentials: [
      { name: "copilot", source: { file }, scheme: "bearer" },
      { name: "api", source: { file }, scheme: "token" },
      { name: "git", source: { file }, scheme: "basic" },
    ],
    connections: [
      {
        name: "copilot",
        kind: "copilot",
        hosts: copilotHosts,
        upstream,
        credential: "copilot",
      },
      {
        name: "github-api",
        kind: "github-api",
        hosts: ["api.github.com"],
        upstream,
        credential: "api",
      },
      { name: "github-git", kind: "git", hosts: ["github.com"], upstream, credential: "git" },
    ],
    policy: "./policy.yaml",
    audit: { otlp: { url: collector } },
  };
}

/** `over` laid over `base`, object by object; lists are replaced. */
export function overlay(base: Mapping, over: Mapping): Mapping {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key];
    merged[key] = isMapping(before) && isMapping(value) ? overlay(before, value) : value;
  }
  return merged;
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
