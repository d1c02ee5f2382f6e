export interface Pulse {
  /** Milliseconds between an answer and the next question, and at most for each answer. */
  readonly every: number;
  /** So many questions in a row without an answer mean that it hangs. */
  readonly misses: number;
}

/**
 * Asks again and again whether a process is there, and says so once when it hangs; gives what ends that. Counted in
 * questions, not in time: when the whole machine has slept, one is missed and no process was at fault.
 */
export function watchPulse(
  ask: (within: number) => Promise<unknown>,
  { every, misses }: Pulse,
  hangs: () => void,
): () => void {
  let missed = 0;
  let next: NodeJS.Timeout;
  let over = false;
  const plan = (): void => {
    if (!over) next = setTimeout(look, every);
  };
  const look = async (): Promise<void> => {
    const answered = await ask(every).then(
      () => true,
      () => false,
    );
    if (over) return;
    missed = answered ? 0 : missed + 1;
    if (missed < misses) plan();
    else hangs();
  };
  plan();
  return () => {
    over = true;
    clearTimeout(next);
  };
}
