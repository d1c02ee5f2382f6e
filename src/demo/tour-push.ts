import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask } from "./ask.ts";
import { insist, type Tour } from "./tour-stage.ts";

interface Waiting {
  readonly id: string;
  readonly state: string;
  readonly rule: string;
  readonly operations: readonly { readonly name: string; readonly resource: string }[];
}

/** A real clone, a real commit, and a push to `main` that waits until a person has said yes. */
export async function pushToMain(tour: Tour): Promise<void> {
  const { narrator, context } = tour;
  narrator.heading("A push to main waits for a person, and lands when she has said yes");
  const home = await mkdtemp(join(tmpdir(), "sallyport-tour-"));
  const work = new Workplace(tour, home);
  try {
    await work.run(["clone", "-q", `${context.proxy}/acme/app.git`, "app"]);
    await writeFile(join(home, "app", "CHANGELOG.md"), "# 1.0\n\nIt works.\n");
    await work.run(["-C", "app", "add", "."]);
    await work.run(["-C", "app", "commit", "-qm", "Release 1.0"]);
    const commit = (await work.run(["-C", "app", "rev-parse", "HEAD"])).trim();
    const push = work.start(["-C", "app", "push", "origin", "HEAD:main"]);
    try {
      await approve(tour, commit);
      const { code, output } = await push.done;
      narrator.show(output);
      insist(code === 0, `git push ended with ${code}`);
    } finally {
      push.child.kill();
    }
    const landed = await context.upstream.repositories.head("acme/app", "refs/heads/main");
    insist(landed === commit, "the push did not land");
    narrator.say(`main of the upstream's repository is now ${commit.slice(0, 12)}: it has landed.`);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function approve({ context, narrator }: Tour, commit: string): Promise<void> {
  const token = await context.issuer.token({
    iss: `${context.issuer.issuer}/people`,
    aud: "sallyport-approvals",
    sub: "alice",
    actor: "alice",
    actor_id: "99",
    groups: ["maintainers"],
  });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const waiting = await pending(`${context.api}/api/v1/approvals?state=pending`, headers);
  const before = await context.upstream.repositories.head("acme/app", "refs/heads/main");
  insist(before !== commit, "the push landed before anybody had said yes");
  const asked = waiting.operations.map(({ name, resource }) => `${name} on ${resource}`).join(", ");
  narrator.say(
    `git is waiting. Its upstream is untouched. Alice, of the maintainers, sees ${asked}:`,
  );
  narrator.show(`> POST ${context.api}/api/v1/approvals/${waiting.id}/approve`);
  const said = await ask(`${context.api}/api/v1/approvals/${waiting.id}/approve`, {
    method: "POST",
    headers,
    body: JSON.stringify({ reason: "Release 1.0 was agreed on." }),
  });
  insist(said.status === 200, `the approval was answered ${said.status}: ${said.text}`);
  narrator.show(`< ${said.status} "state": "${(JSON.parse(said.text) as Waiting).state}"`);
}

async function pending(url: string, headers: Readonly<Record<string, string>>): Promise<Waiting> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const answer = await ask(url, { headers });
    insist(answer.status === 200, `the approvals were answered ${answer.status}: ${answer.text}`);
    const { approvals } = JSON.parse(answer.text) as { approvals: readonly Waiting[] };
    if (approvals[0] !== undefined) return approvals[0];
    insist(Date.now() < deadline, "the push was not parked");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs git with nothing of this machine's own configuration, as a CI job would: the token in a header. */
class Workplace {
  readonly #tour: Tour;
  readonly #home: string;

  constructor(tour: Tour, home: string) {
    this.#tour = tour;
    this.#home = home;
  }

  start(args: readonly string[]): { readonly child: ChildProcess; readonly done: Promise<Ended> } {
    this.#tour.narrator.show(`$ git ${args.join(" ")}`);
    const { token, context } = this.#tour;
    const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: this.#home,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      GIT_SSL_CAINFO: context.ca,
      GIT_AUTHOR_NAME: "Assistant",
      GIT_AUTHOR_EMAIL: "assistant@example.test",
      GIT_COMMITTER_NAME: "Assistant",
      GIT_COMMITTER_EMAIL: "assistant@example.test",
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: `http.${context.proxy}/.extraheader`,
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
    };
    const child = spawn("git", args, { cwd: this.#home, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const gather = (chunk: Buffer): void => {
      output += chunk.toString("utf8");
    };
    child.stdout.on("data", gather);
    child.stderr.on("data", gather);
    const done = new Promise<Ended>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, output }));
    });
    return { child, done };
  }

  async run(args: readonly string[]): Promise<string> {
    const { code, output } = await this.start(args).done;
    insist(code === 0, `git ${args.join(" ")} ended with ${code}: ${output}`);
    return output;
  }
}
