/** Ends a switch that names every case: a new case fails to compile, a forged one throws. */
export function unreachable(value: never): never {
  throw new TypeError(`unreachable case: ${JSON.stringify(value)}`);
}
