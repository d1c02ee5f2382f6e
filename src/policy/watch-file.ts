import { type FSWatcher, statSync, watch } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { NonEmpty } from "../base/non-empty.ts";
import type { Problem } from "../yaml/problem.ts";
import { loadPolicy } from "./file.ts";
import type { Policy } from "./policy.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What came of a reload. */
export type Reload =
  | { readonly kind: "loaded"; readonly policy: Policy }
  | { readonly kind: "unchanged"; readonly policy: Policy }
  /** The files are bad: the last good policy stays in force. */
  | { readonly kind: "rejected"; readonly policy: Policy; readonly problems: NonEmpty<Problem> };

/** A policy that follows its files. */
export interface LivePolicy {
  /** The policy in force; whole at every moment. */
  current(): Policy;
  /** What is wrong with the files now, where they are not what is in force. */
  problems(): readonly Problem[];
  /** Reads the files now (SIGHUP), reports to the callback too, and gives what came of it. */
  reload(): Reload;
  close(): void;
}

/** Editors and volume mounts change a file in several steps. */
const settles = 50;

/**
 * Keeps a loaded policy in step with its file or folder: reloads it whole when something there changes, and keeps the
 * last good one when the new one is bad. `report` is called for every reload that changed something.
 */
export function watchPolicy(
  path: string,
  vocabulary: Vocabulary,
  loaded: Policy,
  clock: Clock,
  report: (reload: Reload) => void,
): LivePolicy {
  let policy = loaded;
  let problems: readonly Problem[] = [];
  const reload = (): Reload => {
    const next = loadPolicy(path, vocabulary);
    if (!next.ok) {
      const known = JSON.stringify(problems) === JSON.stringify(next.error);
      problems = next.error;
      const rejected: Reload = { kind: "rejected", policy, problems: next.error };
      if (!known) report(rejected);
      return rejected;
    }
    const recovered = problems.length > 0;
    problems = [];
    const unchanged = next.value.digest === policy.digest && !recovered;
    policy = next.value;
    if (unchanged) return { kind: "unchanged", policy };
    report({ kind: "loaded", policy });
    return { kind: "loaded", policy };
  };
  const watcher = new Watcher(path, clock, reload);
  return {
    current: () => policy,
    problems: () => problems,
    reload,
    close: () => watcher.close(),
  };
}

/** Watches the folder, since a file that is replaced takes its watch with it. */
class Watcher {
  readonly #watcher: FSWatcher;
  #cancel: (() => void) | undefined;

  constructor(path: string, clock: Clock, changed: () => void) {
    const folder = statSync(path).isDirectory() ? path : dirname(path);
    this.#watcher = watch(folder, { persistent: false }, () => {
      this.#cancel?.();
      this.#cancel = clock.after(settles, changed);
    });
    // A folder that cannot be watched any more still reloads on demand.
    this.#watcher.on("error", () => this.#watcher.close());
  }

  close(): void {
    this.#cancel?.();
    this.#watcher.close();
  }
}
