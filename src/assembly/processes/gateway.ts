import type { NonEmpty } from "../../base/non-empty.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Config } from "../../config/schema.ts";
import { addressOf } from "../address.ts";
import { checkFront, type Front, type FrontOptions, openFront } from "../front-file.ts";
import { openProcesses, type Processes, type SupervisorOptions } from "./supervisor-process.ts";

/** A gateway of several processes that is open for business. */
export interface GatewayOfSeveral {
  readonly serving: Processes;
  readonly front: Front;
  /** Drains Envoy, then the processes, `deadlineMs` at most for each. */
  stop(deadlineMs: number): Promise<void>;
}

/** Opens all of it, or none, like `openGateway`. */
export async function openGatewayOfSeveral(
  config: Config,
  options: SupervisorOptions & Pick<FrontOptions, "notice">,
): Promise<Result<GatewayOfSeveral, NonEmpty<string>>> {
  const { notice } = options;
  const checked = await checkFront(config, { notice });
  if (!checked.ok) return err([checked.error]);
  const opened = await openProcesses(config, options);
  if (!opened.ok) return opened;
  const serving = opened.value;
  const front = await openFront(config, {
    notice,
    binary: checked.value,
    processors: serving.processors,
    api: addressOf(serving.apiUrl),
  });
  if (!front.ok) {
    await serving.stop({ deadline: 0 });
    return err([front.error]);
  }
  return ok({
    serving,
    front: front.value,
    stop: async (deadlineMs) => {
      await front.value.envoy.stop(deadlineMs);
      await serving.stop({ deadline: deadlineMs });
    },
  });
}
