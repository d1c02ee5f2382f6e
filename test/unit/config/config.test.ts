import { expect, test } from "vitest";
import { defaultConfig, parseConfig } from "../../../src/config/config.ts";
import { formatProblem } from "../../../src/yaml/problem.ts";

const contract = `listen: { proxy: 127.0.0.1:8443, forward: 127.0.0.1:3128, api: 127.0.0.1:9003, extproc: unix:./run/extproc.sock, metrics: 127.0.0.1:9464 }
tls: { certificate: file:tls/cert.pem, key: file:/etc/key.pem }
state: { kind: embedded, dir: ./data }
identity:
  issuers:
    - { name: github-actions, issuer: https://token.actions.githubusercontent.com, audience: sallyport, require: { repository_owner_id: "123456" }, groups: repository }
  sessions: { lifetime: 6h }
credentials:
  - { name: copilot, source: { env: COPILOT_PAT }, scheme: bearer }
  - { name: org-app, source: { githubApp: { appId: "1", key: file:app.pem, installation: "2", permissions: { contents: write } } }, scheme: token }
connections:
  - { name: copilot, kind: copilot, hosts: [api.githubcopilot.com], upstream: https://api.githubcopilot.com, credential: copilot }
  - { name: github-api, kind: github-api, hosts: [API.github.com], upstream: https://api.github.com, credential: org-app }
  - { name: github-git, kind: git, hosts: [github.com], upstream: http://127.0.0.1:8080, upstreamCa: file:ca.pem, credential: org-app }
policy: ./policy.yaml
approvals: { hold: 10m, expires: 24h }
audit: { dir: ./data/audit, otlp: { url: http://127.0.0.1:4318 } }
recording: { dir: ./data/recordings }
`;

function read(text: string) {
  return parseConfig(text, "sallyport.yaml", "/srv/gate");
}

function problems(text: string): readonly string[] {
  const config = read(text);
  return config.ok ? [] : config.error.map(formatProblem);
}

test("the contract's example is read whole, its paths against the file's folder and its times in milliseconds", () => {
  const config = read(contract);
  if (!config.ok) throw new Error(config.error.map(formatProblem).join("\n"));
  const { listen, tls, state, identity, credentials, connections } = config.value;
  expect(listen.proxy).toEqual({ kind: "tcp", host: "127.0.0.1", port: 8443 });
  expect(listen.extproc).toEqual({ kind: "unix", path: "/srv/gate/run/extproc.sock" });
  expect(tls).toEqual({ certificate: "/srv/gate/tls/cert.pem", key: "/etc/key.pem" });
  expect(state).toEqual({ kind: "embedded", dir: "/srv/gate/data" });
  expect(identity.sessions.lifetime).toBe(6 * 3_600_000);
  expect(identity.issuers[0]).toEqual({
    name: "github-actions",
    issuer: "https://token.actions.githubusercontent.com",
    audience: ["sallyport"],
    require: { repository_owner_id: "123456" },
    groups: "repository",
  });
  expect(credentials[0]?.source).toEqual({ kind: "env", name: "COPILOT_PAT" });
  expect(credentials[1]?.source).toMatchObject({
    kind: "github-app",
    appId: "1",
    key: { kind: "file", path: "/srv/gate/app.pem" },
    permissions: { contents: "write" },
  });
  expect(connections[1]?.hosts).toEqual(["api.github.com"]);
  expect(connections[2]?.upstream.href).toBe("http://127.0.0.1:8080/");
  expect(connections[2]?.upstreamCa).toBe("/srv/gate/ca.pem");
  expect(config.value.policy).toBe("/srv/gate/policy.yaml");
  expect(config.value.limits.body).toBe(32 * 1024 * 1024);
});

test("port 0, IPv6 and a TCP address for extproc are addresses", () => {
  const config = read(
    'listen: { proxy: "[::1]:0", extproc: localhost:0 }\nconnections: [{ name: a, kind: git, hosts: [h], upstream: "http://[::1]:1" }]',
  );
  expect(config).toMatchObject({
    ok: true,
    value: {
      listen: {
        proxy: { kind: "tcp", host: "::1", port: 0 },
        extproc: { kind: "tcp", host: "localhost", port: 0 },
      },
    },
  });
});

test("the defaults hold together", () => {
  const config = defaultConfig("/srv/gate");
  expect(config.connections.map((connection) => connection.name)).toEqual([
    "copilot",
    "github-api",
    "github-git",
  ]);
  expect(config.identity.issuers).toEqual([]);
  expect(config.audit.dir).toBe("/srv/gate/data/audit");
});

test("ten different mistakes are told at once, each at its line and column, in file order", () => {
  const text = `listen: { proxy: 127.0.0.1:70000, extproc: "unix:" }
lisen: {}
state: { kind: redis, url: "redis://u:p@host" }
identity:
  sessions: { lifetime: soon }
  issuers:
    - { name: a, issuer: http://evil.example, audience: 7 }
credentials:
  - { name: copilot, source: { env: "COPILOT PAT" }, scheme: bearer }
connections:
  - { name: a, kind: copiloot, hosts: [api.github.com], upstream: https://api.github.com, credential: copilott }
  - { name: a, kind: git, hosts: [API.github.com, "*.x"], upstream: "https://x/y", upstreamca: file:x }
  - { name: b, kind: git, hosts: [] }
`;
  expect(problems(text)).toEqual([
    "sallyport.yaml:1:18: must be host:port, with port 0 for any free one",
    "sallyport.yaml:1:44: must be host:port, with port 0 for any free one, or unix:path",
    'sallyport.yaml:2:1: unknown key "lisen" (did you mean "listen"?)',
    "sallyport.yaml:3:28: must not hold a password: use password: env:NAME or file:PATH",
    "sallyport.yaml:5:25: must be a time such as 90s, 10m or 24h",
    "sallyport.yaml:7:26: must be the issuer's https URL (http is for loopback only)",
    "sallyport.yaml:7:57: expected text: put it in quotes",
    "sallyport.yaml:9:37: must be the name of an environment variable, never the secret itself",
    'sallyport.yaml:11:22: must be one of github-api, git, copilot (did you mean "copilot"?)',
    'sallyport.yaml:11:103: there is no credential of this name (did you mean "copilot"?)',
    "sallyport.yaml:12:13: another connection has this name",
    "sallyport.yaml:12:35: this host has a connection already",
    "sallyport.yaml:12:51: must be a host name without scheme, port or wildcard",
    "sallyport.yaml:12:69: must be a scheme, a host and a port, without a path",
    'sallyport.yaml:12:84: unknown key "upstreamca" (did you mean "upstreamCa"?)',
    'sallyport.yaml:13:5: "upstream" is missing',
    "sallyport.yaml:13:34: must name at least one host",
  ]);
});

test.each([
  ["a secret instead of a reference", `source: { env: ${"gh"}p_abc }`],
  ["two sources", "source: { env: A, file: b }"],
  ["no source", "source: {}"],
  [
    "an app key in the file",
    'source: { githubApp: { appId: "1", key: BEGIN, installation: "2" } }',
  ],
  ["a bare number", 'source: { githubApp: { appId: 1, key: env:K, installation: "2" } }'],
])("a credential with %s is refused, and its value not repeated", (_, source) => {
  const text = `credentials: [{ name: c, scheme: token, ${source} }]\nconnections: [{ name: a, kind: git, hosts: [h], upstream: https://h }]`;
  const found = problems(text);
  expect(found).toHaveLength(1);
  expect(found.join()).not.toMatch(/BEGIN|p_abc/);
});
