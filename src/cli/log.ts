import { destination, type Logger, pino } from "pino";
import type { Policy } from "../policy/policy.ts";
import type { Reload } from "../policy/watch-file.ts";
import { formatProblem } from "../yaml/problem.ts";

/** The operator's log: JSON lines on standard error, with the level from SALLYPORT_LOG (info unless told). */
export function operatorLog(env: Readonly<Record<string, string | undefined>>): Logger {
  const level = env["SALLYPORT_LOG"] ?? "info";
  return pino(
    { name: "sallyport", level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination({ dest: 2, sync: true }),
  );
}

/** Says what the policy in force probably does not mean. */
export function tellWarnings(log: Logger, { warnings }: Policy): void {
  for (const warning of warnings) log.warn(formatProblem(warning));
}

/** Says what came of a reload of the policy. */
export function tellReload(log: Logger, reload: Reload): void {
  const { digest } = reload.policy;
  if (reload.kind === "rejected")
    log.error(
      { digest, problems: reload.problems.map(formatProblem) },
      "bad policy: the last good one stays in force",
    );
  else if (reload.kind === "loaded") {
    log.info({ digest }, "a new policy is in force");
    tellWarnings(log, reload.policy);
  }
}
