const units = { n: 1e-6, u: 1e-3, m: 1, S: 1000, M: 60_000, H: 3_600_000 } as const;
/** What a timer of Node's can wait, in milliseconds. */
const longest = 0x7fff_ffff;

/** `grpc-timeout` in milliseconds: at most eight digits and a unit; undefined where it is none. */
export function millisecondsOf(timeout: string): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([numSMH])$/.exec(timeout) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Math.min(Number(digits) * units[unit as keyof typeof units], longest);
}
