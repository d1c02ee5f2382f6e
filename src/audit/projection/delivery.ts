/** What became of a batch: taken; refused in part or whole; or the receiver cannot take anything now. */
export type Answer =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly rejected: number }
  | { readonly kind: "unreachable"; readonly retryAfter?: number };

/** Sends a batch; never throws for what the receiver does. */
export type Send<T> = (batch: readonly T[]) => Promise<Answer>;

export interface DeliveryOptions {
  /** Waits that many milliseconds, less when delivery is to end. */
  readonly pause: (ms: number) => Promise<void>;
  readonly stopped: () => boolean;
}

const firstPause = 100;
const longestPause = 30_000;

/**
 * Sends everything, as often as it takes. A batch that is refused is halved until the items at fault stand alone;
 * those are given back, for the caller to try again another time. Undefined when delivery was stopped on the way.
 */
export async function deliver<T>(
  items: readonly T[],
  send: Send<T>,
  options: DeliveryOptions,
): Promise<readonly T[] | undefined> {
  const waiting: (readonly T[])[] = [items];
  const refused: T[] = [];
  let pause = firstPause;
  for (let batch = waiting.pop(); batch !== undefined; batch = waiting.pop()) {
    if (options.stopped()) return undefined;
    const answer = await send(batch);
    if (answer.kind === "accepted") {
      pause = firstPause;
    } else if (answer.kind === "unreachable") {
      waiting.push(batch);
      await options.pause(answer.retryAfter ?? pause);
      pause = Math.min(pause * 2, longestPause);
    } else if (batch.length === 1) {
      refused.push(...batch);
    } else {
      const half = batch.length >> 1;
      waiting.push(batch.slice(half), batch.slice(0, half));
    }
  }
  return refused;
}
