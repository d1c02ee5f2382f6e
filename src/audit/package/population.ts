import { hash } from "node:crypto";
import type { Item } from "../record/exchange.ts";
import { itemId } from "../record/exchange.ts";

const columns = [
  "record",
  "time",
  "kind",
  "principal",
  "actor",
  "repository",
  "run",
  "commit",
  "operation",
  "resource",
  "decision",
  "rules",
  "approval",
  "status",
  "end",
  "masked",
] as const;

/** The first line of a population: what the columns are. */
export const populationHead = columns.join(",");

/** One line of a population (RFC 4180): what an auditor draws samples from. */
export function populationLine(item: Item): string {
  return fieldsOf(item).map(field).join(",");
}

function fieldsOf(item: Item): readonly string[] {
  if (item.kind === "act") {
    const { act, record } = item;
    const time = new Date(record.at).toISOString();
    const blank = ["", "", "", ""];
    const what = [act.action, act.subject, "", "", "", act.outcome, "", ""];
    return [itemId(item), time, "act", act.actor, ...blank, ...what];
  }
  const { intent, completion } = item;
  const run = intent.principal?.run;
  return [
    intent.id,
    new Date(intent.at).toISOString(),
    "exchange",
    intent.principal?.id ?? "",
    run?.actor ?? "",
    run?.repository ?? "",
    run?.runId ?? "",
    intent.principal?.commit ?? "",
    intent.operations.map((operation) => operation.name).join(" "),
    intent.operations.map((operation) => operation.resource).join(" "),
    intent.decision,
    intent.rules.join(" "),
    intent.approval ?? "",
    String(completion?.status ?? ""),
    completion?.end ?? "lost",
    Object.entries(completion?.masks ?? {})
      .map(([rule, count]) => `${rule}:${count}`)
      .join(" "),
  ];
}

/** Quoted where it must be; a spreadsheet is not to take a client's text for a formula. */
function field(text: string): string {
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

/** Draws as many ids as wanted: those whose SHA-256 with the seed is least, so that anyone can draw the same again. */
export class Sample {
  readonly #seed: string;
  readonly #size: number;
  #drawn: { readonly rank: string; readonly id: string }[] = [];

  constructor(seed: string, size: number) {
    this.#seed = seed;
    this.#size = size;
  }

  add(id: string): void {
    const rank = hash("sha256", `${this.#seed}\n${id}`);
    const last = this.#drawn.at(-1);
    if (this.#drawn.length >= this.#size && last !== undefined && rank >= last.rank) return;
    this.#drawn.push({ rank, id });
    this.#drawn.sort((a, b) => (a.rank < b.rank ? -1 : 1));
    this.#drawn.length = Math.min(this.#drawn.length, this.#size);
  }

  /** The ids, in the order in which they rank. */
  ids(): readonly string[] {
    return this.#drawn.map(({ id }) => id);
  }
}
