import { approverOf, named } from "../approvals/approver.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Principal } from "../core/principal.ts";
import type { Custodian, LockedKey, RawOpenings, RawStep } from "../recording/raw-openings.ts";
import type { Problem } from "./problem.ts";

export interface RawDeskParts {
  readonly openings: RawOpenings;
  /** Writes what waits, so that a running session is read up to now. */
  readonly flush: () => Promise<void>;
  /** `group:name` or principal ids of those who may take part in opening one; nobody where empty. */
  readonly people: readonly string[];
}

/** Who may take part in opening raw recordings. */
export class RawDesk {
  readonly #parts: RawDeskParts;

  constructor(parts: RawDeskParts) {
    this.#parts = parts;
  }

  async ask(caller: Principal, session: string, reason: string): Promise<Result<RawStep, Problem>> {
    if (!this.#may(caller)) return err(closed);
    await this.#parts.flush();
    return conflict(await this.#parts.openings.ask(session, custodian(caller), reason));
  }

  async unlock(
    caller: Principal,
    session: string,
    keys: readonly LockedKey[],
  ): Promise<Result<{ readonly until: number }, Problem>> {
    if (!this.#may(caller)) return err(closed);
    return conflict(await this.#parts.openings.unlock(session, custodian(caller), keys));
  }

  read(caller: Principal, session: string, part: string): Result<AsyncGenerator<Buffer>, Problem> {
    const { openings } = this.#parts;
    const may = this.#may(caller) && openings.mayRead(session, part, custodian(caller));
    return may ? ok(openings.read(session, part)) : err(closed);
  }

  #may(caller: Principal): boolean {
    return named(approverOf(caller), this.#parts.people);
  }
}

function custodian(caller: Principal): Custodian {
  const { id, aliases } = approverOf(caller);
  return { id, names: aliases };
}

function conflict<T>(result: Result<T>): Result<T, Problem> {
  return result.ok ? result : err({ status: 409, code: "conflict", detail: `${result.error}.` });
}

const closed: Problem = {
  status: 403,
  code: "denied",
  detail:
    "Raw recordings are opened by two of those whom recording.raw.people names, in their time.",
};
