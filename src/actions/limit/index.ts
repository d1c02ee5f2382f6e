import { z } from "zod";
import type { Facts } from "../../core/facts.ts";
import type { Operation } from "../../core/operation.ts";
import { proceed, refuse } from "../../core/outcome.ts";
import { duration } from "../../yaml/quantity.ts";
import type { Action } from "../action.ts";
import { defineAction } from "../action.ts";

/** Counters that every gateway in front of one state store shares. */
export interface Counters {
  /**
   * Adds `amount` to the counter of that key in the window (milliseconds) that `at` falls in, and gives the new total.
   * Rejects where the store cannot be reached.
   */
  add(key: string, amount: number, at: number, window: number): Promise<number>;
}

const parameters = z
  .strictObject({
    requests: z.int().min(1).optional(),
    /** Of a model call: a quarter of the request's bytes and its `max_tokens`, where it tells one; counted before it goes. */
    tokens: z.int().min(1).optional(),
    per: z.enum(["principal", "session", "repository", "connection"]).default("principal"),
    window: duration,
    reason: z.string().min(1).max(500).optional(),
  })
  .refine(
    ({ requests, tokens }) => requests !== undefined || tokens !== undefined,
    "must limit requests, tokens, or both",
  );

type Parameters = z.output<typeof parameters>;

/** `limit: { requests, tokens, per, window }`: refuses what goes beyond so many in one window of time. */
export function limitAction(counters: Counters): Action {
  return defineAction("limit", parameters, (limits) => ({
    name: "limit",
    stage: "refuse",
    enforce: async (facts, ruling) => {
      const key = `limit:${ruling.rule}:${limits.per}:${subject(limits, facts)}`;
      const spend = async (unit: string, amount: number, most: number | undefined) =>
        most === undefined ||
        (await counters.add(`${key}:${unit}`, amount, facts.at, limits.window)) <= most;
      const within =
        (await spend("requests", 1, limits.requests)) &&
        (await spend("tokens", tokens(facts, ruling.operation), limits.tokens));
      return within ? proceed : refuse("denied", limits.reason ?? "The limit for this is used up.");
    },
  }));
}

function subject({ per }: Parameters, { principal, session, target }: Facts): string {
  if (per === "session") return session;
  if (per === "connection") return target.connection.name;
  if (per === "repository" && principal.run !== undefined)
    return `${principal.issuer}:${principal.run.repositoryId}`;
  return principal.id;
}

function tokens(facts: Facts, operation: Operation): number {
  const asked = operation.attributes["max_tokens"];
  return Math.ceil(facts.body.length / 4) + (typeof asked === "number" && asked > 0 ? asked : 0);
}
