import { systemClock } from "../../../src/base/clock.ts";
import { ok } from "../../../src/base/result.ts";
import { Secret } from "../../../src/base/secret.ts";
import { defaultConfig } from "../../../src/config/config.ts";
import type { BoundAction, Stage } from "../../../src/core/decision.ts";
import type { SessionId } from "../../../src/core/ids.ts";
import { mountsOf } from "../../../src/core/mount.ts";
import type { Completion, Intent } from "../../../src/core/record.ts";
import { createMasker } from "../../../src/detection/masker.ts";
import { compileRules } from "../../../src/detection/rule-set.ts";
import { defaultRules } from "../../../src/detection/rules/index.ts";
import { Exchange } from "../../../src/gateway/exchange.ts";
import type { Parts } from "../../../src/gateway/parts.ts";
import type { Phase, Port, Step } from "../../../src/gateway/phase.ts";
import { Room } from "../../../src/gateway/room.ts";
import { Fields } from "../../../src/http/fields.ts";
import { protocols } from "../../../src/protocols/index.ts";
import { fileSpools } from "../../../src/spool/file.ts";
import { aPrincipal } from "../../support/facts.ts";
import { oneRule } from "../../support/one-rule.ts";

/** Our end of a stream to Envoy that keeps what it is given. */
export class PaperPort implements Port {
  readonly steps: Step[] = [];
  readonly failures: string[] = [];
  congested = false;
  paused = 0;
  resumed = 0;

  send(step: Step): void {
    this.steps.push(step);
  }
  pause(): void {
    this.paused += 1;
  }
  resume(): void {
    this.resumed += 1;
  }
  fail(reason: string): void {
    this.failures.push(reason);
  }

  /** The kinds of what was sent, with `.` where a body part was the last. */
  get story(): string {
    return this.steps
      .map((step) => ("end" in step && step.end ? `${step.kind}.` : step.kind))
      .join(" ");
  }
  body(kind: "requestBody" | "responseBody"): string {
    return Buffer.concat(
      this.steps.map((step) => (step.kind === kind ? step.chunk : Buffer.alloc(0))),
    ).toString("utf8");
  }
  /** The answer of our own that was sent instead. */
  get reply(): { readonly status: number; readonly message: string } | undefined {
    const found = this.steps.find((step) => step.kind === "reply");
    if (found?.kind !== "reply") return undefined;
    return { status: found.reply.status, message: JSON.parse(String(found.reply.body)).message };
  }
  headers(kind: "requestHead" | "responseHead" | "requestTrailers" | "responseTrailers") {
    const found = this.steps.find((step) => step.kind === kind);
    if (found === undefined || !("edits" in found)) throw new Error(`no ${kind} was sent`);
    return { set: Object.fromEntries(found.edits.set), remove: found.edits.remove };
  }
}

export interface SceneOptions {
  readonly enforce: BoundAction["enforce"];
  readonly stage?: Stage;
  readonly parts?: Partial<Parts>;
  /** Where spools go. */
  readonly dir: string;
}

/** An exchange with one rule, and everything that it wrote down. */
export interface Scene {
  readonly exchange: Exchange;
  readonly port: PaperPort;
  readonly intents: Intent[];
  readonly completions: Completion[];
  readonly faults: string[];
  readonly parts: Parts;
  /** Tells that the caller's identity was revoked. */
  revoke(): void;
  /** Whether somebody still watches for that. */
  watched(): boolean;
}

export function openScene({ enforce, stage = "wait", parts = {}, dir }: SceneOptions): Scene {
  const intents: Intent[] = [];
  const completions: Completion[] = [];
  const faults: string[] = [];
  const watching = new Set<() => void>();
  const action: BoundAction = { name: "test", stage, enforce };
  const masker = createMasker(compileRules(defaultRules), { fingerprint: () => "0123456789" });
  const all: Parts = {
    clock: systemClock,
    mounts: mountsOf(defaultConfig(dir).connections),
    protocols,
    authenticator: {
      authenticate: async () =>
        ok({
          principal: aPrincipal(),
          session: "ses_test" as SessionId,
          token: new Secret("token-of-the-job"),
          expiresAt: 0,
        }),
      onRevoked: (_identity, callback) => {
        watching.add(callback);
        return () => watching.delete(callback);
      },
    },
    policy: () => oneRule(action),
    audit: {
      intent: async (intent) => void intents.push(intent),
      complete: (completion) => void completions.push(completion),
    },
    recorder: { open: () => ok(undefined) },
    openSpool: fileSpools(dir, 1_048_576),
    credentialMasker: () => masker,
    forwardIdentity: "either",
    room: new Room(Number.POSITIVE_INFINITY, () => false),
    limits: {
      body: 1_048_576,
      drain: { bytes: 100, within: 60_000 },
      drainStranger: { bytes: 10, within: 60_000 },
    },
    fault: (where, error) => void faults.push(`${where}: ${(error as Error).message}`),
    ...parts,
  };
  const port = new PaperPort();
  return {
    exchange: new Exchange(all, port),
    port,
    parts: all,
    intents,
    completions,
    faults,
    revoke: () => {
      for (const callback of [...watching]) callback();
    },
    watched: () => watching.size > 0,
  };
}

const origin = { route: "github-api@path0", sourceAddress: "", method: "", path: "", parent: "" };

/** A request head to GitHub's API, `/api/v3` and all. */
export function requestHead(
  method: string,
  path: string,
  more: { end?: boolean; fields?: Readonly<Record<string, string>>; route?: string } = {},
): Phase {
  const { end = true, fields = {}, route = origin.route } = more;
  return {
    kind: "requestHead",
    head: {
      method,
      scheme: "https",
      authority: "gateway",
      path,
      fields: new Fields(Object.entries(fields)),
    },
    origin: { ...origin, route },
    end,
  };
}

export function requestBody(text: string, end: boolean): Phase {
  return { kind: "requestBody", chunk: Buffer.from(text), end };
}

export function responseHead(
  status: number,
  more: { end?: boolean; fields?: Readonly<Record<string, string>> } = {},
): Phase {
  const { end = true, fields = {} } = more;
  const head = { status, fields: new Fields(Object.entries(fields)) };
  return { kind: "responseHead", head, origin: { ...origin, method: "GET", path: "/x?q=1" }, end };
}

export function responseBody(text: string, end: boolean): Phase {
  return { kind: "responseBody", chunk: Buffer.from(text), end };
}
