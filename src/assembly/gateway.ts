import type { NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Config } from "../config/schema.ts";
import { formatProblem } from "../yaml/problem.ts";
import { addressOf } from "./address.ts";
import { checkFront, type Front, type FrontOptions, inUse, openFront } from "./front-file.ts";
import { type House, type HouseOptions, openHouse } from "./house.ts";
import { type Serving, serve } from "./serve.ts";

/** A gateway that is open for business: Envoy in front, the processor and the API behind. */
export interface Gateway {
  readonly house: House;
  readonly serving: Serving;
  readonly front: Front;
  /** Drains Envoy, then the processor, `deadlineMs` at most for each; nothing acknowledged is lost. */
  stop(deadlineMs: number): Promise<void>;
}

export type GatewayOptions = HouseOptions & Omit<FrontOptions, "processors" | "api" | "binary">;

/** Opens all of it, or none: the errors are sentences for whoever wrote the config. */
export async function openGateway(
  config: Config,
  version: string,
  options: GatewayOptions,
): Promise<Result<Gateway, NonEmpty<string>>> {
  const checked = await checkFront(config, options);
  if (!checked.ok) return err([checked.error]);
  const opened = await openServing(config, version, options);
  if (!opened.ok) return opened;
  const { house, serving } = opened.value;
  const front = await openFront(config, {
    ...options,
    binary: checked.value,
    processors: [addressOf(serving.processor.address)],
    api: addressOf(serving.apiUrl),
  });
  if (!front.ok) {
    await serving.stop({ deadline: 0 });
    return err([front.error]);
  }
  return ok({
    house,
    serving,
    front: front.value,
    stop: async (deadlineMs) => {
      await front.value.envoy.stop(deadlineMs);
      await serving.stop({ deadline: deadlineMs });
    },
  });
}

/** The processor and the API alone. */
export function openServing(
  config: Config,
  version: string,
  options: HouseOptions,
): Promise<Result<{ readonly house: House; readonly serving: Serving }, NonEmpty<string>>> {
  return openWith(config, options, (house) => serve(house, version));
}

/** A house that serves in that way; the errors are sentences, and then nothing is left open. */
export async function openWith<S>(
  config: Config,
  options: HouseOptions,
  serving: (house: House) => Promise<S>,
): Promise<Result<{ readonly house: House; readonly serving: S }, NonEmpty<string>>> {
  let house: House | undefined;
  try {
    const opened = await openHouse(config, options);
    if (!opened.ok) {
      const [first, ...rest] = opened.error;
      return err([formatProblem(first), ...rest.map(formatProblem)]);
    }
    house = opened.value;
    return ok({ house, serving: await serving(house) });
  } catch (error) {
    await house?.close();
    return err([sentence(error)]);
  }
}

/** Why it could not start, in one sentence. */
export function sentence(error: unknown): string {
  if (!(error instanceof Error)) return "Sallyport could not start.";
  const { address, port, code } = error as Error & {
    address?: string;
    port?: number;
    code?: string;
  };
  if (code === "EADDRINUSE")
    return inUse(`${address ?? ""}${port === undefined ? "" : `:${port}`}`);
  return `Sallyport could not start: ${error.message}`;
}
