import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type IdTokens, startIdTokens } from "../support/actions-runner.ts";
import { run } from "../support/clients.ts";
import { type Folder, temporaryFolder } from "../support/folder.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** The runner kit, as a job runs it: one shell script, and then every client by the environment alone. */
const policy = `rules:
  - id: reading
    when: { access: read }
    then: [ { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;
const kit = join(import.meta.dirname, "../../deploy/runner");

let stack: Stack;
let home: Folder;
/** Stands in for the endpoint from which GitHub Actions gives id tokens. */
let actions: IdTokens;

beforeAll(async () => {
  home = await temporaryFolder();
  stack = await startStack({ policy });
  actions = await startIdTokens(() => stack.issuer.token());
}, 120_000);
afterAll(async () => {
  actions?.close();
  await stack?.stop();
  await home?.remove();
});

type Environment = Readonly<Record<string, string>>;

const told = (more: Environment): Environment => ({
  ...actions.env,
  SALLYPORT_CA: stack.ca,
  SALLYPORT_DIR: join(home.path, "kit"),
  ...more,
});
const sallyport = (args: readonly string[], env: Environment) =>
  run("sh", [join(kit, "sallyport.sh"), ...args], { cwd: home.path, env });

/** The variables that the script writes, as the runner would set them for the steps that follow. */
async function variables(more: Environment): Promise<Record<string, string>> {
  const file = join(home.path, `env-${crypto.randomUUID()}`);
  const ended = await sallyport(["env", file], told({ GITHUB_ACTIONS: "true", ...more }));
  expect(ended, ended.stderr).toMatchObject({ code: 0, stderr: "" });
  const lines = readFileSync(file, "utf8").trim().split("\n");
  const found = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  // The only word on standard output is the runner's order to mask the token.
  expect(ended.stdout).toBe(`::add-mask::${found["SALLYPORT_TOKEN"]}\n`);
  return found;
}

const api = (env: Environment): string => env["GITHUB_API_URL"] ?? "https://api.github.com";
const node = `fetch(process.argv[1] + "/user", { headers: { authorization: "Bearer " + process.env.SALLYPORT_TOKEN } }).then(async (r) => console.log((await r.json()).login))`;
const python = `import os, sys, urllib.request
r = urllib.request.Request(sys.argv[1] + "/user", headers={"Authorization": "Bearer " + os.environ["SALLYPORT_TOKEN"]})
print(urllib.request.urlopen(r).read().decode())`;
const java = `import java.net.*; import java.nio.charset.*;
public class Ask { public static void main(String[] a) throws Exception {
  String proxy = System.getenv("HTTPS_PROXY");
  if (proxy != null) Authenticator.setDefault(new Authenticator() {
    protected PasswordAuthentication getPasswordAuthentication() {
      String[] i = URI.create(proxy).getUserInfo().split(":"); return new PasswordAuthentication(i[0], i[1].toCharArray()); } });
  HttpURLConnection c = (HttpURLConnection) new URI(a[0] + "/user").toURL().openConnection();
  c.setRequestProperty("Authorization", "Bearer " + System.getenv("SALLYPORT_TOKEN"));
  System.out.println(new String(c.getInputStream().readAllBytes(), StandardCharsets.UTF_8)); } }`;

describe.each([
  ["reverse proxy", () => ({ SALLYPORT_GATEWAY: stack.proxy })],
  [
    "forward proxy",
    () => ({ SALLYPORT_FORWARD: stack.forward, SALLYPORT_EXCHANGE: `${stack.api}/oauth2/token` }),
  ],
] as const)("by %s", (way, where) => {
  let env: Record<string, string>;
  beforeAll(async () => {
    env = await variables({ ...where(), SALLYPORT_DIR: join(home.path, way.replace(" ", "-")) });
  });
  const client = (program: string, ...args: readonly string[]) =>
    run(program, args, { cwd: home.path, env: { ...env, GIT_TERMINAL_PROMPT: "0" } });

  test.each([
    [
      "curl",
      () =>
        client(
          "curl",
          "-sS",
          "-H",
          `authorization: Bearer ${env["SALLYPORT_TOKEN"]}`,
          `${api(env)}/user`,
        ),
    ],
    ["gh, a Go program", () => client("gh", "api", "user")],
    ["Node", () => client(process.execPath, "-e", node, api(env))],
    ["Python", () => client("python3", "-c", python, api(env))],
    [
      "Java",
      () => {
        writeFileSync(join(home.path, "Ask.java"), java);
        return client("java", "Ask.java", api(env));
      },
    ],
  ] as const)(
    "%s",
    async (_, ask) => {
      const ended = await ask();
      expect(ended.code, ended.stderr).toBe(0);
      expect(ended.stdout).toContain("demo-bot");
    },
    60_000,
  );

  test("git, by the address that it always used", async () => {
    const ended = await client("git", "ls-remote", "https://github.com/acme/app.git");
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout).toContain("refs/heads/main");
  });

  test("the token is in no file that others may read", async () => {
    const ended = await run("find", [home.path, "-type", "f", "-perm", "/077", "-size", "-64k"], {
      cwd: home.path,
    });
    for (const file of ended.stdout
      .trim()
      .split("\n")
      .filter((name) => name.includes("/kit") || name.includes("-proxy")))
      expect(readFileSync(file, "latin1")).not.toContain(env["SALLYPORT_TOKEN"]);
  });
});

describe("the token", () => {
  test("is kept while it is good, and renewed before it ends", async () => {
    const env = told({ SALLYPORT_GATEWAY: stack.proxy });
    const first = (await sallyport(["token"], env)).stdout;
    const before = actions.asked;
    expect((await sallyport(["token"], env)).stdout).toBe(first);
    expect(actions.asked).toBe(before);
    const soon = Math.floor(Date.now() / 1000) + 300;
    writeFileSync(join(home.path, "kit", "expires"), `${soon}\n`);
    const second = (await sallyport(["token"], env)).stdout;
    expect(second).toMatch(/^ghs_\w+\n$/);
    expect(second).not.toBe(first);
  });

  test("comes from GitLab's id_tokens as well", async () => {
    const {
      ACTIONS_ID_TOKEN_REQUEST_URL: _url,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: _key,
      ...rest
    } = told({
      SALLYPORT_GATEWAY: stack.proxy,
      SALLYPORT_DIR: join(home.path, "gitlab"),
      SALLYPORT_ID_TOKEN: await stack.issuer.token(),
    });
    expect((await sallyport(["token"], rest)).stdout).toMatch(/^ghs_\w+\n$/);
  });

  test.each([
    ["without a gateway", {}, "set SALLYPORT_GATEWAY"],
    [
      "without an identity",
      { SALLYPORT_GATEWAY: "https://x", ACTIONS_ID_TOKEN_REQUEST_URL: "" },
      "id-token: write",
    ],
    [
      "with another's identity",
      { SALLYPORT_GATEWAY: "", SALLYPORT_ID_TOKEN: "ey.x.y" },
      "the exchange said no",
    ],
  ] as const)("%s: one sentence, and exit code 1", async (_, more, said) => {
    const gateway = said === "the exchange said no" ? { SALLYPORT_GATEWAY: stack.proxy } : {};
    const ended = await sallyport(
      ["token"],
      told({ SALLYPORT_DIR: join(home.path, "bad"), ...more, ...gateway }),
    );
    expect([ended.code, ended.stdout]).toEqual([1, ""]);
    expect(ended.stderr).toContain(said);
  });
});

describe("the contract of GitHub's agent firewall", () => {
  test("one URL to change, and tokens that are nothing elsewhere", async () => {
    const env = await variables({ SALLYPORT_GATEWAY: stack.proxy, SALLYPORT_COPILOT: "provider" });
    expect(env).toMatchObject({
      COPILOT_API_URL: `${stack.proxy}/copilot`,
      COPILOT_PROVIDER_BASE_URL: `${stack.proxy}/copilot`,
      COPILOT_GITHUB_TOKEN: expect.stringMatching(/^ghs_/),
    });
    const forward = await variables({
      SALLYPORT_FORWARD: stack.forward,
      SALLYPORT_EXCHANGE: `${stack.api}/oauth2/token`,
    });
    expect(forward["COPILOT_GITHUB_TOKEN"]).toBe("ghs_placeholder");
  });

  test("the action and the GitLab file name what is there", () => {
    const { runs, inputs } = parse(readFileSync(join(kit, "action.yml"), "utf8"));
    const [{ env, run: script }] = runs.steps;
    for (const value of Object.values(env) as string[])
      expect(Object.keys(inputs)).toContain(/inputs\.(\w+)/.exec(value)?.[1]);
    expect(script).toContain('sallyport.sh" env "$GITHUB_ENV"');
    expect(
      parse(readFileSync(join(kit, "gitlab.yml"), "utf8"))[".sallyport"].id_tokens,
    ).toHaveProperty("SALLYPORT_ID_TOKEN");
  });
});
