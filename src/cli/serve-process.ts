import { beginAsTold, toldToStop } from "../assembly/processes/child-process.ts";
import { Line } from "../assembly/processes/line.ts";
import type { ExitStatus, Io } from "./command.ts";
import { operatorLog, tellReload, tellWarnings } from "./log.ts";
import { stopSignal } from "./shutdown.ts";
import { version } from "./version-file.ts";

/** One of several processes, at the other end of its supervisor's line; drains when told to, or left alone. */
export async function serveProcess(io: Io): Promise<ExitStatus> {
  if (process.send === undefined) {
    io.err("--process is for serve --processes, which starts such processes by itself.");
    return 2;
  }
  const log = operatorLog(io.env);
  const stopped = stopSignal();
  const alone = new Promise<void>((resolve) => process.once("disconnect", resolve));
  // Whoever read our lines may be gone before we are.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const line = new Line(process as never);
  const told = toldToStop(line, alone);
  const child = await beginAsTold(line, version, {
    env: io.env,
    out: io.out,
    fault: (where, error) => log.error({ where, err: error }, "fault"),
    report: (reload) => tellReload(log, reload),
  });
  if (child === undefined) {
    // The answer that says why is on its way: whoever gets it says that it is over.
    await told;
    return leave(2);
  }
  const { house, working } = child;
  // All of them read one policy: it is enough that one speaks of it.
  if (child.first) tellWarnings(log, house.policy.current());
  process.on("SIGHUP", () => {
    house.policy.reload();
  });
  const how = await Promise.race([told, stopped.then(() => ({ deadline: 30_000 }))]);
  await working.stop(how);
  return leave(0);
}

/** Lets go of the line, which would keep this process alive. */
function leave(status: ExitStatus): ExitStatus {
  if (process.connected) process.disconnect();
  return status;
}
