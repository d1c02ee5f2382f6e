/** Commits, trees and files of one repository, by id; undefined for what is not known. */
export interface View {
  commit(
    id: string,
  ): Promise<
    | { readonly tree: string; readonly parents: readonly string[]; readonly message: string }
    | undefined
  >;
  tree(
    id: string,
  ): Promise<
    readonly { readonly mode: string; readonly name: string; readonly id: string }[] | undefined
  >;
  blob(id: string): Promise<Uint8Array | undefined>;
}

/** A file that a commit added or changed: its path and the ids of its content before and after. */
export interface ChangedFile {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string;
}

const deepest = 100;

/** The files of `after` that `before` did not have like that; `undefined` is the tree of nothing. */
export async function changedFiles(
  view: View,
  before: string | undefined,
  after: string,
): Promise<readonly ChangedFile[]> {
  return compare(view, [], before, after);
}

async function compare(
  view: View,
  folder: readonly string[],
  old: string | undefined,
  now: string,
): Promise<readonly ChangedFile[]> {
  if (old === now || folder.length > deepest) return [];
  const had = await entriesOf(view, old);
  const found: ChangedFile[] = [];
  for (const [name, { mode, id }] of await entriesOf(view, now)) {
    const was = had.get(name);
    const path = [...folder, name];
    if (mode === directory) found.push(...(await compare(view, path, idAs(directory, was), id)));
    // Neither a link to another file nor another repository has lines of its own.
    else if (mode.startsWith(file) && was?.id !== id)
      found.push({ path: path.join("/"), before: idAs(file, was), after: id });
  }
  return found;
}

interface Entry {
  readonly mode: string;
  readonly name: string;
  readonly id: string;
}

async function entriesOf(view: View, tree: string | undefined): Promise<Map<string, Entry>> {
  const entries = (tree === undefined ? undefined : await view.tree(tree)) ?? [];
  return new Map(entries.map((entry) => [entry.name, entry]));
}

const directory = "40000";
const file = "100";

/** The entry's id, where it is one of that kind. */
function idAs(kind: string, entry: Entry | undefined): string | undefined {
  return entry?.mode.startsWith(kind) ? entry.id : undefined;
}

/** Every file of a tree. */
export function allFiles(view: View, tree: string): Promise<readonly ChangedFile[]> {
  return changedFiles(view, undefined, tree);
}
