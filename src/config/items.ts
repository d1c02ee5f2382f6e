import { valueAt } from "../yaml/check.ts";
import type { Path, YamlDocument } from "../yaml/document.ts";

/** The items of the list at that path, each with its own path; none where there is no list. */
export function items(
  document: YamlDocument,
  path: Path,
): readonly { readonly path: Path; readonly value: unknown }[] {
  const list = valueAt(document.value, path);
  if (!Array.isArray(list)) return [];
  return list.map((value: unknown, index) => ({ path: [...path, index], value }));
}
