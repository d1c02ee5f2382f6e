import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type IdTokens, Job, startIdTokens, variablesOf } from "../support/actions-runner.ts";
import { run, start } from "../support/clients.ts";
import { copilot, copilotArguments } from "../support/copilot.ts";
import { type Folder, temporaryFolder } from "../support/folder.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** Whole jobs with the runner kit: the composite action's steps, GitLab's script, and the Copilot CLI by the environment alone. */
const policy = `rules:
  - id: models
    when: { operation: model.call }
    then: [mask, inject]
  - id: reading
    when: { access: read }
    then: [mask, inject]
otherwise: [{ deny: { reason: "No rule allows this." } }]
`;
const root = join(import.meta.dirname, "..", "..");
const kit = join(root, "deploy", "runner");

let stack: Stack;
let folder: Folder;
let tokens: IdTokens;
const jobs: Job[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  stack = await startStack({ policy });
  tokens = await startIdTokens(() => stack.issuer.token());
}, 120_000);
afterEach(() => {
  for (const job of jobs.splice(0)) job.end();
});
afterAll(async () => {
  tokens?.close();
  await stack?.stop();
  await folder?.remove();
});

/** A job that has run the action with these inputs. */
async function jobWith(inputs: Readonly<Record<string, string>>): Promise<Job> {
  const own = join(folder.path, crypto.randomUUID());
  const path = process.env["PATH"] ?? "";
  const job = new Job(own, { ...tokens.env, PATH: path, SALLYPORT_EVERY: "1" });
  jobs.push(job);
  await job.uses(kit, { ca: stack.ca, ...inputs });
  return job;
}
const forward = () => ({ forward: stack.forward, exchange: `${stack.api}/oauth2/token` });

describe("the composite action", () => {
  test.each([
    ["reverse proxy", () => ({ gateway: stack.proxy })],
    ["forward proxy", forward],
  ] as const)(
    "by %s: later steps have their clients set up, and the token is hidden",
    async (_, inputs) => {
      const job = await jobWith(inputs());
      expect(job.masked).toEqual([job.env["SALLYPORT_TOKEN"]]);
      const ended = await job.step(
        "bash",
        "gh api user --jq .login\ngit ls-remote https://github.com/acme/app.git\n",
      );
      expect(ended.code, ended.stderr).toBe(0);
      expect(ended.stdout).toMatch(/^demo-bot\n[\s\S]*refs\/heads\/main/);
    },
    60_000,
  );

  test("renews before the end, also where the first attempts fail, and git takes the new token", async () => {
    const job = await jobWith({ gateway: stack.proxy });
    const file = job.env["SALLYPORT_TOKEN_FILE"] ?? "";
    const first = readFileSync(file, "utf8");
    tokens.broken = true;
    const before = tokens.asked;
    writeFileSync(join(file, "../expires"), `${Math.floor(Date.now() / 1000) + 300}\n`);
    await expect.poll(() => tokens.asked - before, { timeout: 60_000 }).toBeGreaterThan(1);
    expect(readFileSync(file, "utf8")).toBe(first);
    tokens.broken = false;
    await expect.poll(() => readFileSync(file, "utf8"), { timeout: 60_000 }).not.toBe(first);
    const credential = "printf 'protocol=https\\nhost=%s\\n\\n' \"$GH_HOST\" | git credential fill";
    const ended = await job.step("bash", credential);
    expect(ended.stdout).toContain(`password=${readFileSync(file, "utf8")}`);
  }, 150_000);

  test("leaves nothing running where it is told not to renew", async () => {
    const job = await jobWith({ gateway: stack.proxy, renew: "false" });
    expect(existsSync(join(job.env["RUNNER_TEMP"] ?? "", "sallyport-watch.log"))).toBe(false);
  });

  test("a job without the permission is told which", async () => {
    const job = new Job(join(folder.path, "none"), { PATH: process.env["PATH"] ?? "" });
    await expect(job.uses(kit, { gateway: stack.proxy, ca: stack.ca })).rejects.toThrow(
      "id-token: write",
    );
  });
});

test("the runner's environment file is read as the runner reads it", () => {
  expect(variablesOf("A=1=2\nB<<END\nx\ny\nEND\nC=\n")).toEqual({ A: "1=2", B: "x\ny", C: "" });
  expect(() => variablesOf("-Dx\n")).toThrow("would not take");
});

describe("GitLab", () => {
  const file = parse(readFileSync(join(kit, "gitlab.yml"), "utf8"))[".sallyport"];
  test.each(["bash", "sh"])(
    "%s: before_script, then the job's own script, in one shell",
    async (shell) => {
      const own = await temporaryFolder();
      symlinkSync(join(root, "deploy"), join(own.path, "deploy"));
      const script = ["gh api user --jq .login", "git ls-remote https://github.com/acme/app.git"];
      const text = [...file.before_script, ...script].join("\n");
      const options = shell === "bash" ? ["-eo", "pipefail"] : ["-e"];
      const job = start(shell, [...options, "-c", text], {
        cwd: own.path,
        env: {
          ...file.variables,
          GITLAB_CI: "true",
          SALLYPORT_GATEWAY: stack.proxy,
          SALLYPORT_CA: stack.ca,
          SALLYPORT_DIR: join(own.path, "kit"),
          SALLYPORT_ID_TOKEN: await stack.issuer.token(),
        },
      });
      try {
        const ended = await job.ended;
        expect(ended.code, ended.stderr).toBe(0);
        expect(ended.stdout).toMatch(/^demo-bot\n[\s\S]*refs\/heads\/main/);
      } finally {
        if (job.child.pid !== undefined) process.kill(-job.child.pid, "SIGKILL");
        await own.remove();
      }
    },
    60_000,
  );
});

describe.skipIf(!existsSync(copilot))(
  "the Copilot CLI, by what GitHub's agent firewall sets",
  () => {
    const ask = async (env: Readonly<Record<string, string>>) => {
      const before = stack.upstream.log.length;
      const home = join(folder.path, crypto.randomUUID());
      const own = { HOME: home, COPILOT_HOME: home, COPILOT_MODEL: "gpt-demo", CI: "true" };
      const args = copilotArguments("Say hi.");
      const ended = await run(copilot, args, { cwd: folder.path, env: { ...env, ...own } });
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      expect(ended.stdout.trim()).not.toBe("");
      const seen = stack.upstream.log.slice(before);
      expect(seen.some(({ method }) => method === "POST")).toBe(true);
      const shown = seen.map(({ headers }) => String(headers["authorization"]).split(" ")[1]);
      expect([...new Set(shown)]).toEqual([stack.credential]);
      return seen.map(({ method, path }) => `${method} ${path}`);
    };

    test("COPILOT_API_URL: one URL, with the session token where the placeholder was", async () => {
      const { env } = await jobWith({ gateway: stack.proxy });
      const { COPILOT_API_URL, COPILOT_DEBUG_GITHUB_API_URL, COPILOT_GITHUB_TOKEN } =
        env as unknown as Told;
      expect(COPILOT_API_URL).toBe(`${stack.proxy}/copilot`);
      const authority = { NODE_EXTRA_CA_CERTS: stack.ca };
      await ask({
        COPILOT_API_URL,
        COPILOT_DEBUG_GITHUB_API_URL,
        COPILOT_GITHUB_TOKEN,
        ...authority,
      });
    }, 90_000);

    test("COPILOT_PROVIDER_BASE_URL: a provider of one's own, with no GitHub token at all", async () => {
      const own = join(folder.path, "provider");
      const job = new Job(own, {
        ...tokens.env,
        PATH: process.env["PATH"] ?? "",
        SALLYPORT_COPILOT: "provider",
      });
      jobs.push(job);
      await job.uses(kit, { gateway: stack.proxy, ca: stack.ca, renew: "false" });
      const { COPILOT_PROVIDER_BASE_URL, COPILOT_PROVIDER_BEARER_TOKEN } =
        job.env as unknown as Told;
      const authority = { NODE_EXTRA_CA_CERTS: stack.ca };
      const asked = await ask({
        COPILOT_PROVIDER_BASE_URL,
        COPILOT_PROVIDER_BEARER_TOKEN,
        ...authority,
      });
      expect(asked.filter((one) => one.startsWith("POST"))).toEqual(["POST /chat/completions"]);
    }, 90_000);

    test("the forward proxy: placeholders for tokens, and nothing else to know", async () => {
      const { env } = await jobWith(forward());
      expect(env["COPILOT_GITHUB_TOKEN"]).toBe("ghs_placeholder");
      await ask(env);
    }, 90_000);
  },
);

interface Told {
  readonly COPILOT_API_URL: string;
  readonly COPILOT_DEBUG_GITHUB_API_URL: string;
  readonly COPILOT_GITHUB_TOKEN: string;
  readonly COPILOT_PROVIDER_BASE_URL: string;
  readonly COPILOT_PROVIDER_BEARER_TOKEN: string;
}
