import { appendFile, chmod, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { visible } from "../approvals/visible.ts";
import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitStatus, Io } from "./command.ts";
import { type Answer, askServer, fieldOf, gatewayUrl } from "./token-client.ts";
import { type Subject, subjectOf } from "./token-subject.ts";

const options = {
  api: { type: "string" },
  audience: { type: "string", default: "sallyport" },
  "id-token-file": { type: "string" },
  "assertion-file": { type: "string" },
  "github-env": { type: "string", multiple: true },
  out: { type: "string" },
  json: { type: "boolean" },
} as const;

interface Sinks {
  readonly "github-env"?: readonly string[] | undefined;
  readonly out?: string | undefined;
  readonly json?: boolean | undefined;
}

interface Session {
  readonly token: Secret;
  /** Seconds from now. */
  readonly expiresIn: number;
}

/** `token`: exchanges the identity of a CI job for a session token, and prints it or hands it to the job. */
export const token: Command = {
  name: "token",
  summary: "Exchange this job's identity for a session token",
  usage:
    "[--api URL] [--audience NAME] [--id-token-file FILE | --assertion-file FILE] [--github-env NAME]... [--out FILE] [--json]",
  run,
};

/** Runs `token`; 1 when the gateway says no. */
export async function run(args: readonly string[], io: Io): Promise<ExitStatus> {
  const read = readArguments(args, options);
  if (!read.ok) return fail(io, read.error);
  const { values } = read.value;
  const subject = await subjectOf(values, io);
  if (!subject.ok) return fail(io, subject.error);
  const url = gatewayUrl("oauth2/token", values.api, io);
  if (!url.ok) return fail(io, url.error);
  const answer = await exchange(url.value, subject.value);
  if (!answer.ok) return fail(io, answer.error);
  const session = sessionIn(answer.value);
  if (!session.ok) {
    io.err(session.error);
    return 1;
  }
  const given = await give(session.value, values, io);
  return given.ok ? 0 : fail(io, given.error);
}

function exchange(url: URL, subject: Subject): Promise<Result<Answer>> {
  const prefix = "urn:ietf:params:oauth";
  const body = new URLSearchParams({
    grant_type: `${prefix}:grant-type:token-exchange`,
    subject_token: subject.token.reveal(),
    subject_token_type: `${prefix}:token-type:${subject.type}`,
  });
  return askServer(url, { method: "POST", body });
}

function sessionIn({ status, body }: Answer): Result<Session> {
  const value = fieldOf(body, "access_token");
  if (status !== 200 || value === undefined) {
    const why = fieldOf(body, "error_description") ?? "no reason given";
    return err(visible(`the gateway answered ${status}: ${why}`));
  }
  const expiresIn = Number((body as { expires_in?: unknown }).expires_in);
  return ok({ token: new Secret(value), expiresIn });
}

/** Hands the token to the job's later steps, to a private file, or to standard output. */
async function give(session: Session, sinks: Sinks, io: Io): Promise<Result<void>> {
  const { out, json, "github-env": names = [] } = sinks;
  const value = session.token.reveal();
  if (names.length > 0) return toGithubEnv(names, value, io);
  const text = json
    ? JSON.stringify({ access_token: value, expires_in: session.expiresIn })
    : value;
  if (out === undefined) {
    io.out(text);
    return ok(undefined);
  }
  const path = resolve(io.cwd, out);
  try {
    await writeFile(path, "", { mode: 0o600 });
    // The file may have been there before, open to others.
    await chmod(path, 0o600);
    await writeFile(path, `${text}\n`);
    return ok(undefined);
  } catch {
    return err(`${out} cannot be written`);
  }
}

async function toGithubEnv(names: readonly string[], value: string, io: Io): Promise<Result<void>> {
  const file = io.env["GITHUB_ENV"];
  if (file === undefined) return err("--github-env works in GitHub Actions alone");
  if (!names.every((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)))
    return err("--github-env takes the name of an environment variable");
  // The runner masks the value in every later line of the job's log.
  io.out(`::add-mask::${value}`);
  try {
    await appendFile(file, names.map((name) => `${name}=${value}\n`).join(""));
    return ok(undefined);
  } catch {
    return err("the job's environment file cannot be written");
  }
}

function fail(io: Io, sentence: string): ExitStatus {
  io.err(sentence);
  return 2;
}
