import { readFile } from "node:fs/promises";
import { z } from "zod";
import { visible } from "../approvals/visible.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { CommitProvenance } from "../provenance/answer.ts";
import { type AttestedCommit, attestation } from "../provenance/attestation.ts";
import { knownBefore, readChange } from "../provenance/change.ts";
import { allFiles, changedFiles } from "../provenance/changed-files.ts";
import { winnowed } from "../provenance/fingerprints.ts";
import { sealTo } from "../provenance/sealed.ts";
import { callApi, callerOptions, callerUsage, refused } from "./approvals-client.ts";
import { readArguments } from "./arguments.ts";
import { type Checkout, commitsIn, openCheckout } from "./attest-checkout.ts";
import type { Command, ExitStatus, Io } from "./command.ts";

const most = 100;
const key = z.object({ version: z.literal(1), x25519: z.string() });
const event = z.object({ before: z.string(), after: z.string() });

/** `attest [RANGE]`: tells the gateway of commits that did not pass it, by the fingerprints of what they add. */
export const attest: Command = {
  name: "attest",
  summary: "In CI: tell of commits that did not pass the gateway, by fingerprints of what they add",
  usage: `[COMMIT|A..B]   (else what the push brought that started this job, or HEAD) ${callerUsage}`,
  run: async (args, io) => {
    const read = readArguments(args, callerOptions);
    if (!read.ok || read.value.positionals.length > 1)
      return failed(io, read.ok ? "Name one commit or range." : read.error);
    const { positionals, values } = read.value;
    const range = positionals[0] ?? (await pushedRange(io)) ?? "HEAD";
    const commits = await commitsIn(io.cwd, range, most + 1);
    if (commits === undefined) return failed(io, `git knows no ${range} here.`);
    if (commits.length > most) return failed(io, `${range} has more than ${most} commits.`);
    const checkout = openCheckout(io.cwd);
    try {
      return await tell(commits, checkout, values, io);
    } finally {
      checkout.close();
    }
  },
};

type Values = Parameters<typeof callApi>[1] & { readonly json?: boolean | undefined };

async function tell(
  commits: readonly string[],
  checkout: Checkout,
  values: Values,
  io: Io,
): Promise<ExitStatus> {
  const asked = await callApi("/attestations/key", values, io, undefined, "provenance");
  const none = refused(asked, io);
  if (none !== undefined || !asked.ok) return none ?? 2;
  const { x25519 } = key.parse(asked.value.body);
  for (const commit of commits) {
    const told = await describe(commit, checkout);
    if (!told.ok) return failed(io, told.error);
    const sealed = sealTo(x25519, Buffer.from(JSON.stringify(told.value)));
    const body = { sealed: Buffer.from(sealed).toString("base64url") };
    const answer = await callApi("/attestations", values, io, body, "provenance");
    const no = refused(answer, io);
    if (no !== undefined || !answer.ok) return no ?? 2;
    const found = answer.value.body as CommitProvenance;
    io.out(values.json ? JSON.stringify(found) : visible(textOf(found)));
  }
  return 0;
}

function textOf({ commit, evidence, why }: CommitProvenance): string {
  return `${commit}  ${evidence}. ${why}`;
}

/** What the gateway is told of a commit. All of it is made here, and nothing of the source leaves. */
async function describe(id: string, checkout: Checkout): Promise<Result<AttestedCommit>> {
  const commit = await checkout.commit(id);
  if (commit === undefined) return err(`${id} cannot be read.`);
  const [parent, ...others] = commit.parents;
  const merge = others.length > 0;
  const before = parent === undefined ? undefined : (await checkout.commit(parent))?.tree;
  if (parent !== undefined && before === undefined)
    return err(`What was before ${id} is not here: check out with fetch-depth: 0.`);
  const files = merge ? [] : await changedFiles(checkout, before, commit.tree);
  const change = await readChange(checkout, files, winnowed);
  const hashes = new Set([...change.index.exact.hashes, ...change.index.abstract.hashes]);
  const had = before === undefined || merge ? [] : await allFiles(checkout, before);
  const { known } = await knownBefore(checkout, had, hashes);
  return ok(attestation({ commit: id, message: commit.message, merge }, change, known));
}

/** On GitHub Actions the push that started the job names what it brought. */
async function pushedRange({ env }: Io): Promise<string | undefined> {
  const file = env["GITHUB_EVENT_PATH"];
  if (file === undefined) return undefined;
  try {
    const { before, after } = event.parse(JSON.parse(await readFile(file, "utf8")));
    return /^0+$/.test(before) ? after : `${before}..${after}`;
  } catch {
    return undefined;
  }
}

function failed(io: Io, message: string): 2 {
  io.err(visible(message));
  return 2;
}
