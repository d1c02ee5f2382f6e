import { expect, test } from "vitest";
import { parseConfig } from "../../../src/config/config.ts";
import { formatProblem } from "../../../src/yaml/problem.ts";

const connections = `connections:
  - { name: api, kind: github-api, hosts: [api.github.com], upstream: "https://api.github.com", credential: pat }
  - { name: copilot, kind: copilot, hosts: [api.githubcopilot.com], upstream: "https://api.githubcopilot.com", credential: copilot, scheme: token }
`;
const read = (credentials: string) =>
  parseConfig(`credentials:\n${credentials}${connections}`, "c.yaml", "/srv");
const problems = (credentials: string) => {
  const config = read(credentials);
  return config.ok ? [] : config.error.map(formatProblem);
};

test("a sealed file, Copilot's own token, more hosts, and a scheme by connection", () => {
  const config = read(`  - name: pat
    source: { sealed: { path: pat.sealed, key: env:SEALING_KEY } }
    hosts: [API.githubcopilot.com]
  - { name: copilot, source: { copilotToken: { credential: pat } } }
`);
  if (!config.ok) throw new Error(config.error.map(formatProblem).join("\n"));
  const [pat, copilot] = config.value.credentials;
  const key = { kind: "env", name: "SEALING_KEY" };
  expect(pat?.source).toEqual({ kind: "sealed", path: "/srv/pat.sealed", key });
  expect(pat?.hosts).toEqual(["api.githubcopilot.com"]);
  expect(copilot?.source).toMatchObject({ kind: "copilot-token", credential: "pat" });
  expect(config.value.connections[1]?.scheme).toBe("token");
});

test("what does not hold together is told with its place", () => {
  expect(
    problems(`  - { name: pat, source: { env: PAT, file: pat } }
  - { name: copilot, source: { copilotToken: { credential: copilot } }, hosts: [evil.test, "a b"] }
`),
  ).toEqual([
    "c.yaml:2:26: must name exactly one of env, file, sealed, githubApp, vault, copilotToken",
    "c.yaml:3:60: there is no credential of this name",
    "c.yaml:3:81: no connection has this upstream host",
    "c.yaml:3:92: must be a host name, with a port where it is not the usual one",
    "c.yaml:3:92: no connection has this upstream host",
  ]);
});
