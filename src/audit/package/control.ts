import type { Item } from "../record/exchange.ts";

/** Which items a control is about, by the names that auditors give to controls. */
const controls: Readonly<Record<string, (item: Item) => boolean>> = {
  "CC6.1": () => true,
  "CC6.3": (item) => isApproval(item) || decided(item, "approve", "deny"),
  "CC6.6": (item) => decided(item, "deny", "error"),
  "CC6.7": (item) => decided(item, "deny") || masked(item),
  "CC7.2": (item) => decided(item, "deny", "error") || masked(item),
  "CC7.3": (item) => decided(item, "deny", "error") || masked(item),
  "CC8.1": (item) => isApproval(item) || writes(item),
  "AU-2": () => true,
  "AU-12": () => true,
  "A.8.15": () => true,
};

/** The controls for which a population can be drawn. */
export const controlNames: readonly string[] = Object.keys(controls);

/** Whether an item belongs to the population of that control; of all of them where none is named. */
export function concerns(control: string | undefined, item: Item): boolean {
  return control === undefined || (controls[control]?.(item) ?? false);
}

export function isApproval(item: Item): boolean {
  return item.kind === "act" ? item.act.action.startsWith("approval.") : decided(item, "approve");
}

export function isPolicy(item: Item): boolean {
  return item.kind === "act" && item.act.action.startsWith("policy.");
}

function decided(item: Item, ...words: readonly string[]): boolean {
  return item.kind === "exchange" && words.includes(item.intent.decision);
}

function masked(item: Item): boolean {
  return item.kind === "exchange" && Object.keys(item.completion?.masks ?? {}).length > 0;
}

function writes(item: Item): boolean {
  return (
    item.kind === "exchange" && item.intent.operations.some(({ access }) => access === "write")
  );
}
