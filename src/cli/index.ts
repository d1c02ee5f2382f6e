import { approvalsList } from "./approvals-list.ts";
import { approvalsApprove, approvalsDeny, approvalsShow } from "./approvals-one.ts";
import { attest } from "./attest.ts";
import { auditEvidence } from "./audit-evidence.ts";
import { auditExport } from "./audit-export.ts";
import { auditHash } from "./audit-hash.ts";
import { auditKey } from "./audit-key.ts";
import { auditProof } from "./audit-proof.ts";
import { auditRecords } from "./audit-records.ts";
import { auditVerify } from "./audit-verify.ts";
import { caBundle, caInit, caIssue } from "./ca.ts";
import type { Command, ExitStatus, Io } from "./command.ts";
import { doctor } from "./doctor.ts";
import { envoyConfig } from "./envoy-config.ts";
import { exposure } from "./exposure.ts";
import { mask } from "./mask.ts";
import { policyBacktest } from "./policy-backtest.ts";
import { policyExplain } from "./policy-explain.ts";
import { policyTest } from "./policy-test.ts";
import { provenance } from "./provenance.ts";
import { serve } from "./serve.ts";
import { sessionsList } from "./sessions-list.ts";
import { sessionsExport, sessionsShow } from "./sessions-one.ts";
import { sessionsRaw } from "./sessions-raw.ts";
import { sessionsReplay } from "./sessions-replay.ts";
import { sessionsServe } from "./sessions-serve.ts";
import { sessionsTail } from "./sessions-tail.ts";
import { start } from "./start.ts";
import { token } from "./token.ts";
import { tokenSeal } from "./token-seal.ts";
import { tokenList, tokenRevoke } from "./token-sessions.ts";
import { validate } from "./validate.ts";
import { version } from "./version-file.ts";

/** Every command, in the order of `--help`. */
const commands: readonly Command[] = [
  start,
  serve,
  validate,
  envoyConfig,
  caInit,
  caIssue,
  caBundle,
  doctor,
  token,
  tokenList,
  tokenRevoke,
  tokenSeal,
  policyTest,
  policyExplain,
  policyBacktest,
  approvalsList,
  approvalsShow,
  approvalsApprove,
  approvalsDeny,
  sessionsList,
  sessionsShow,
  sessionsReplay,
  sessionsTail,
  sessionsExport,
  sessionsServe,
  sessionsRaw,
  provenance,
  exposure,
  attest,
  mask,
  auditRecords,
  auditVerify,
  auditProof,
  auditHash,
  auditExport,
  auditEvidence,
  auditKey,
];

/** Runs the command that the arguments name. */
export async function runCommand(args: readonly string[], io: Io): Promise<ExitStatus> {
  const command = commands
    .filter(({ name }) => args.slice(0, words(name)).join(" ") === name)
    .reduce<Command | undefined>(longer, undefined);
  if (command === undefined) return withoutCommand(args[0], io);
  const rest = args.slice(words(command.name));
  if (!rest.includes("--help")) return command.run(rest, io);
  io.out(`sallyport ${command.name} ${command.usage}\n\n${command.summary}`);
  return 0;
}

function withoutCommand(first: string | undefined, io: Io): ExitStatus {
  const asked = first === undefined || ["--help", "help", "--version"].includes(first);
  const say = asked ? io.out : io.err;
  for (const line of first === "--version" ? [version] : help()) say(line);
  if (asked) return 0;
  io.err("There is no such command.");
  return 2;
}

/** `token list` is meant by those words, not `token` with an argument. */
function longer(best: Command | undefined, next: Command): Command {
  return best === undefined || next.name.length > best.name.length ? next : best;
}

function words(name: string): number {
  return name.split(" ").length;
}

function help(): readonly string[] {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    "sallyport COMMAND [OPTIONS]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "Exit status: 0 done; 1 the answer is no; 2 used or configured wrongly.",
    "sallyport COMMAND --help tells a command's options.",
  ];
}
