/** A list that holds at least one item, so that "every item is allowed" is never vacuously true. */
export type NonEmpty<T> = readonly [T, ...T[]];

export function isNonEmpty<T>(items: readonly T[]): items is NonEmpty<T> {
  return items.length > 0;
}

/** Maps a non-empty list to a non-empty list. */
export function mapNonEmpty<T, U>(items: NonEmpty<T>, map: (item: T) => U): NonEmpty<U> {
  const [first, ...rest] = items;
  return [map(first), ...rest.map(map)];
}
