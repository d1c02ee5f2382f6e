import { expect, vi } from "vitest";
import { Secret } from "../../../src/base/secret.ts";
import type { Gone } from "../../../src/core/departure.ts";
import { newApprovalId } from "../../../src/core/ids.ts";
import { edit, type Outcome, type Settled } from "../../../src/core/outcome.ts";
import type { Phase } from "../../../src/gateway/phase.ts";
import type { Scene } from "./scene.ts";

export const allow = (): Outcome => edit({ authorization: new Secret("token stored") });
export const json = { "content-type": "application/json" };
export const create = '{"name":"new"}';
// Built of parts, so that no scanner takes it for a real one.
export const planted = `${"gh"}${"p_"}${"16C7e42F292c6912E7710c838347Ae178B4a"}`;

export function play({ exchange }: Scene, ...phases: readonly Phase[]): void {
  for (const phase of phases) exchange.receive(phase);
}

/** Until the exchange has sent something that fits. */
export function story({ port }: Scene, wanted: string): Promise<void> {
  return vi.waitFor(() => expect(port.story).toBe(wanted), { timeout: 2_000, interval: 2 });
}

/** A request that waits for a person, and the way to say what she said. */
export function parked(): {
  enforce: () => Outcome;
  say: (settled: Settled) => void;
  gone: () => boolean;
} {
  let say: (settled: Settled) => void = () => undefined;
  let signal: Gone | undefined;
  const settled = new Promise<Settled>((resolve) => {
    say = resolve;
  });
  return {
    enforce: () => ({
      kind: "park",
      parking: {
        approval: newApprovalId(),
        hold: 60_000,
        settle: (gone) => {
          signal = gone;
          return settled;
        },
      },
    }),
    say: (outcome) => say(outcome),
    gone: () => signal?.aborted === true,
  };
}
