/** One line of a header list. Lines of a table are shared by the lists that name them. */
export interface Field {
  readonly name: string;
  readonly value: string;
  /** What it counts for, in a table and in a list (RFC 7541 section 4.1). */
  readonly size: number;
  /** False where its name or value holds what none may (RFC 9113 section 8.2.1). */
  readonly wellFormed: boolean;
}

/** Takes the lines of a header list as they are read. */
export interface FieldSink {
  add(field: Field): void;
}

/** Lower case, printable, and a colon in the first place alone. */
const names = /^:?[!-9;-@[-~]+$/;
const noValues = /[\0\r\n]|^[ \t]|[ \t]$/;

export function fieldOf(name: string, value: string): Field {
  return {
    name,
    value,
    size: name.length + value.length + 32,
    wellFormed: names.test(name) && !noValues.test(value),
  };
}
