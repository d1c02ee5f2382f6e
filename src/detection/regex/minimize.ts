import { type Dfa, flagMask, rowMask } from "./dfa.ts";

/**
 * The same automaton with as few states as do (Moore): states are told apart by what they answer to one byte, then by where
 * that leads, until nothing more is learnt.
 */
export function minimize(dfa: Dfa): Dfa {
  const stride = dfa.table.length / dfa.states;
  const shift = Math.log2(stride);
  let groups: Groups = { of: new Int32Array(dfa.states), count: 1 };
  for (;;) {
    const finer = refine(dfa.table, shift, groups);
    if (finer.count === groups.count) break;
    groups = finer;
  }
  const table = new Int32Array(groups.count * stride);
  // Any state of a group stands for it; the dead state is the first, and so is its group.
  groups.of.forEach((group, state) => {
    for (let symbol = 0; symbol < stride; symbol++) {
      const entry = dfa.table[(state << shift) + symbol] as number;
      const target = groups.of[(entry & rowMask) >> shift] as number;
      table[(group << shift) + symbol] = (entry & flagMask) | (target << shift);
    }
  });
  const place = (row: number): number => (groups.of[row >> shift] as number) << shift;
  const [a, b, c, d] = dfa.starts;
  return { ...dfa, table, states: groups.count, starts: [place(a), place(b), place(c), place(d)] };
}

interface Groups {
  readonly of: Int32Array;
  readonly count: number;
}

/** Splits each group by where its states lead; groups are numbered as they are met. */
function refine(table: Int32Array, shift: number, groups: Groups): Groups {
  const of = new Int32Array(groups.of.length);
  const numbers = new Map<string, number>();
  const answers = new Int32Array((1 << shift) + 1);
  const bytes = Buffer.from(answers.buffer);
  for (let state = 0; state < of.length; state++) {
    answers[0] = groups.of[state] as number;
    for (let symbol = 0; symbol < 1 << shift; symbol++) {
      const entry = table[(state << shift) + symbol] as number;
      answers[symbol + 1] = (entry & flagMask) | (groups.of[(entry & rowMask) >> shift] as number);
    }
    const key = bytes.toString("latin1");
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    of[state] = number;
  }
  return { of, count: numbers.size };
}
