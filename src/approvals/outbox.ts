import type { ApprovalId } from "../core/ids.ts";
import type { ApprovalState } from "./approval.ts";

/** One thing that somebody outside is to be told: that an approval came to a state. */
export interface Notice {
  readonly sink: string;
  readonly id: ApprovalId;
  readonly state: ApprovalState;
  /** How often it was tried before. */
  readonly attempts: number;
}

/** Notices that were not delivered yet. Each is claimed by one process at a time, and kept until it is done or given up. */
export interface Outbox {
  /** Up to `limit` that are due; nobody else gets them for `lease` milliseconds. */
  claim(limit: number, lease: number): Promise<readonly Notice[]>;
  done(notice: Notice): Promise<void>;
  /** To be tried again after so many milliseconds. */
  retry(notice: Notice, after: number): Promise<void>;
}

/** The name of a notice: the same whenever the same thing is to be told. */
export function noticeKey({ sink, id, state }: Pick<Notice, "sink" | "id" | "state">): string {
  return `${sink} ${id} ${state}`;
}

export function parseNotice(key: string, attempts: number): Notice | undefined {
  const [sink, id, state] = key.split(" ");
  if (sink === undefined || id === undefined || state === undefined) return undefined;
  return { sink, id: id as ApprovalId, state: state as ApprovalState, attempts };
}

/** The sink that writes down what comes of an approval without a person's word; told of nothing else. */
export const recordSink = "(record)";

/** The notices that a change makes: one for each sink when the state is new, none for a mere word or a retry. */
export function noticesOf(
  sinks: readonly string[],
  before: ApprovalState | undefined,
  after: { readonly id: ApprovalId; readonly state: ApprovalState },
): readonly string[] {
  if (before === after.state) return [];
  const wordless = after.state === "expired" || after.state === "cancelled";
  return sinks
    .filter((sink) => wordless || sink !== recordSink)
    .map((sink) => noticeKey({ sink, ...after }));
}
