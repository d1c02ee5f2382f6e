import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { parse } from "yaml";
import { type Ended, type Running, start } from "./clients.ts";
import { listenLocally } from "./ports.ts";

type Variables = Readonly<Record<string, string>>;

/** The endpoint from which GitHub Actions gives a job's id tokens. */
export interface IdTokens {
  readonly env: Variables;
  /** How often it was asked, and whether it answers 503 for now. */
  asked: number;
  broken: boolean;
  close(): void;
}

/** Gives tokens of that maker to whoever shows the job's key, for the audience `sallyport`. */
export async function startIdTokens(token: () => Promise<string>): Promise<IdTokens> {
  const state = { asked: 0, broken: false };
  const server = createServer((request, response) => {
    state.asked += 1;
    const known = request.headers.authorization === "Bearer actions-key";
    const audience = new URL(request.url ?? "/", "http://x").searchParams.get("audience");
    void token().then((value) => {
      const refused = known && audience === "sallyport" ? 503 : 401;
      const good = refused === 503 && !state.broken;
      response.writeHead(good ? 200 : refused);
      response.end(good ? JSON.stringify({ count: 1, value }) : "{}");
    });
  });
  const port = await listenLocally(server);
  return Object.assign(state, {
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?v=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "actions-key",
    },
    close: () => void server.close(),
  });
}

/** A job of GitHub's runner: its folder, and the environment that its steps have made so far. */
export class Job {
  readonly #folder: string;
  readonly #running: Running[] = [];
  env: Variables;
  /** What steps told the runner to hide from the log. */
  readonly masked: string[] = [];

  constructor(folder: string, env: Variables) {
    this.#folder = folder;
    mkdirSync(join(folder, "temp"), { recursive: true });
    this.env = { ...env, GITHUB_ACTIONS: "true", CI: "true", RUNNER_TEMP: join(folder, "temp") };
  }

  /** The steps of a composite action in that folder, as `uses:` with these inputs runs them. */
  async uses(action: string, given: Variables): Promise<void> {
    const { inputs, runs } = parse(readFileSync(join(action, "action.yml"), "utf8"));
    const value = (text: string): string =>
      text.replaceAll(/\$\{\{ inputs\.(\w+) \}\}/g, (_, name: string) =>
        String(given[name] ?? inputs[name].default),
      );
    for (const { shell, run, env = {} } of runs.steps) {
      const own = Object.entries(env as Variables).map(([name, text]) => [name, value(text)]);
      const ended = await this.step(shell, value(run), {
        ...Object.fromEntries(own),
        GITHUB_ACTION_PATH: action,
      });
      if (ended.code !== 0) throw new Error(ended.stdout + ended.stderr);
    }
  }

  /** `run:` with that shell: `sh -e {0}`, or `bash -e {0}` with pipefail. What it leaves in $GITHUB_ENV is there afterwards. */
  async step(shell: "sh" | "bash", script: string, env: Variables = {}): Promise<Ended> {
    const id = crypto.randomUUID();
    const [file, github] = [`${id}.sh`, `${id}.env`].map((name) => join(this.#folder, name));
    if (file === undefined || github === undefined) throw new Error();
    writeFileSync(file, script);
    writeFileSync(github, "");
    const options = shell === "bash" ? ["--noprofile", "--norc", "-eo", "pipefail"] : ["-e"];
    const running = start(shell, [...options, file], {
      cwd: this.#folder,
      env: { ...this.env, ...env, GITHUB_ENV: github },
    });
    this.#running.push(running);
    const ended = await running.ended;
    const hidden = [...ended.stdout.matchAll(/^::add-mask::(.+)$/gm)].map(([, one = ""]) => one);
    this.masked.push(...hidden);
    this.env = { ...this.env, ...variablesOf(readFileSync(github, "utf8")) };
    return ended;
  }

  /** The end of the job: the runner ends what its steps left running. */
  end(): void {
    for (const { child } of this.#running)
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It had ended.
      }
  }
}

/** NAME=VALUE, or NAME<<END with lines up to END, as the runner reads its environment file; anything else is an error. */
export function variablesOf(text: string): Variables {
  const found: Record<string, string> = {};
  const lines = text.split("\n").slice(0, -1);
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const [, name = "", between, rest = ""] = /^([^=<]+)(=|<<)(.*)$/.exec(line) ?? [];
    if (name === "") throw new Error(`the runner would not take ${JSON.stringify(line)}`);
    const end = between === "<<" ? lines.indexOf(rest) : 0;
    if (end < 0) throw new Error(`${name} has no end`);
    found[name] =
      between === "<<"
        ? lines
            .splice(0, end + 1)
            .slice(0, -1)
            .join("\n")
        : rest;
  }
  return found;
}
