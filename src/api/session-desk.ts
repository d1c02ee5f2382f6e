import { approverOf, named } from "../approvals/approver.ts";
import type { Clock } from "../base/clock.ts";
import { Recent } from "../base/recent.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Principal } from "../core/principal.ts";
import type { Act } from "../core/record.ts";
import type { Custody } from "../recording/custody.ts";
import { type ExportForm, exportSession } from "../recording/export/index.ts";
import { find, type Page, type Wanted } from "../recording/find.ts";
import type { Onlooker, Onlookers } from "../recording/onlookers.ts";
import type { ReadSession, RecordedExchange } from "../recording/read.ts";
import type { Reading } from "../recording/several.ts";
import type { RecordingStore } from "../recording/store.ts";
import { type Listen, NewlySaid, type Story, tell } from "../recording/story.ts";
import type { Summary } from "../recording/summary.ts";
import type { Problem } from "./problem.ts";

export interface SessionDeskParts {
  readonly store: Pick<RecordingStore, "flush"> & {
    readonly index: Pick<RecordingStore["index"], "get" | "newest">;
  };
  /** Learns what other processes have recorded, before anything is looked for; absent where there are none. */
  readonly refresh?: () => Promise<void>;
  readonly reader: Reading;
  readonly onlookers: Pick<Onlookers, "watch">;
  readonly custody: Pick<Custody, "hold" | "lift" | "erase">;
  readonly listen: Listen;
  readonly clock: Clock;
  /** Resolves when the look or the deed is durable in the audit log. */
  readonly act: (act: Act) => Promise<void>;
  /** `group:name` or principal ids that may look at recordings; nobody else may. */
  readonly viewers: readonly string[];
  readonly version: string;
}

/** One session and a page of its exchanges. */
export interface SessionPage {
  readonly summary: Summary;
  readonly exchanges: readonly RecordedExchange[];
  readonly total: number;
  readonly from: number;
}

/** How a session is watched; what `watch` gives ends it. */
export interface Watching {
  readonly clock: Clock;
  readonly watch: (onlooker: Onlooker) => () => void;
}

const sameLook = 600_000;
const mostLooks = 10_000;

/** What may be done with recordings, by whom: every look is an act in the audit log before anything is shown. */
export class SessionDesk {
  readonly #parts: SessionDeskParts;
  readonly #looks = new Recent<number>(mostLooks);
  #read: { readonly session: string; readonly to: number; readonly value: ReadSession } | undefined;

  constructor(parts: SessionDeskParts) {
    this.#parts = parts;
  }

  mayView(caller: Principal): boolean {
    return named(approverOf(caller), this.#parts.viewers);
  }

  async list(caller: Principal, wanted: Wanted): Promise<Result<Page, Problem>> {
    if (!this.mayView(caller)) return err(closed);
    await this.#parts.refresh?.();
    return ok(find(this.#parts.store.index, wanted));
  }

  async show(
    caller: Principal,
    session: string,
    from: number,
    limit: number,
  ): Promise<Result<SessionPage, Problem>> {
    const opened = await this.#open(caller, session);
    if (!opened.ok) return opened;
    const { summary, recorded } = opened.value;
    const exchanges = recorded.exchanges.slice(from, from + limit);
    return ok({ summary, exchanges, total: recorded.exchanges.length, from });
  }

  /** Exchanges told one after the other: what each said, without what earlier ones have said. */
  async stories(
    caller: Principal,
    session: string,
    records: { readonly from: number; readonly limit: number },
  ): Promise<Result<readonly Story[], Problem>> {
    const opened = await this.#open(caller, session);
    if (!opened.ok) return opened;
    const { reader, listen } = this.#parts;
    const heard = new NewlySaid();
    const { from, limit } = records;
    const before = opened.value.recorded.exchanges.slice(Math.max(0, from - 1), from);
    for (const exchange of before) heard.of((await tell(reader, exchange, listen)).said);
    const stories: Story[] = [];
    for (const exchange of opened.value.recorded.exchanges.slice(from, from + limit)) {
      const story = await tell(reader, exchange, listen, 262_144);
      stories.push({ ...story, said: heard.of(story.said) });
    }
    return ok(stories);
  }

  async export(
    caller: Principal,
    session: string,
    form: ExportForm,
  ): Promise<Result<AsyncGenerator<string>, Problem>> {
    const opened = await this.#open(caller, session, "recording.export");
    if (!opened.ok) return opened;
    const { reader, listen, version } = this.#parts;
    const { recorded } = opened.value;
    return ok(exportSession(form, { session, recorded, reader, listen, version }));
  }

  /** Lets the caller watch a session from now on; the act is on record before anything is shown. */
  async tail(caller: Principal, session: string): Promise<Result<Watching, Problem>> {
    if (!this.mayView(caller)) return err(closed);
    await this.#parts.refresh?.();
    const summary = this.#parts.store.index.get(session);
    if (summary === undefined) return err(missing);
    if (summary.state === "erased") return err(erased);
    await this.#look(caller, session, "recording.tail");
    const { clock, onlookers } = this.#parts;
    return ok({ clock, watch: (onlooker) => onlookers.watch(session, onlooker) });
  }

  async custody(
    caller: Principal,
    session: string,
    what: "hold" | "lift" | "erase",
    reason: string,
  ): Promise<Result<string, Problem>> {
    if (!this.mayView(caller)) return err(closed);
    await this.#parts.refresh?.();
    const done = await this.#parts.custody[what](session, caller.id, reason);
    if (done.ok) return ok(done.value ?? "done");
    return err({ status: 409, code: "conflict", detail: `${done.error}.` });
  }

  async #open(
    caller: Principal,
    session: string,
    action = "recording.view",
  ): Promise<Result<{ readonly summary: Summary; readonly recorded: ReadSession }, Problem>> {
    if (!this.mayView(caller)) return err(closed);
    await this.#parts.refresh?.();
    const summary = this.#parts.store.index.get(session);
    if (summary === undefined) return err(missing);
    if (summary.state === "erased") return err(erased);
    await this.#look(caller, session, action);
    if (summary.state === "live") await this.#parts.store.flush();
    const known = this.#read;
    if (known?.session === session && known.to === summary.to && summary.state !== "live")
      return ok({ summary, recorded: known.value });
    const recorded = await this.#parts.reader.session(session);
    if (!recorded.ok)
      return err({ status: 503, code: "unavailable", detail: `${recorded.error}.` });
    this.#read = { session, to: summary.to, value: recorded.value };
    return ok({ summary, recorded: recorded.value });
  }

  /** Someone who turns pages has looked once. */
  async #look(caller: Principal, session: string, action: string): Promise<void> {
    const key = `${action} ${caller.id} ${session}`;
    const now = this.#parts.clock.now();
    const last = this.#looks.get(key);
    if (last !== undefined && now - last < sameLook) return;
    await this.#parts.act({ action, actor: caller.id, subject: session, outcome: "success" });
    this.#looks.set(key, now);
  }
}

const closed: Problem = {
  status: 403,
  code: "denied",
  detail: "Recordings are for those whom recording.viewers names.",
};
const missing: Problem = { status: 404, code: "not_found", detail: "There is no such session." };
const erased: Problem = {
  status: 410,
  code: "erased",
  detail: "The session was erased: its keys are destroyed.",
};
