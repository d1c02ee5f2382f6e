import { z } from "zod";
import type { Channel } from "./fingerprints.ts";
import type { Veil } from "./veil.ts";

/** Where a suggestion came from, and where it may turn up: everything but its content, of which only prints are kept. */
export interface Origin {
  /** The audit record of the exchange in which a model made it, and which of that exchange's suggestions it is. */
  readonly record: string;
  readonly index: number;
  readonly session: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** The principal's id, and the person or account that the run acts for, where the token named one. */
  readonly principal: string;
  readonly actor?: string;
  readonly model?: string;
  /** How often a person had spoken by then. */
  readonly turn: number;
  /** The tool that the model called to write it; absent for code within its text. */
  readonly tool?: string;
  /** The file that it was meant for, where it said so. */
  readonly path?: string;
  /** Lines that have code on them. */
  readonly lines: number;
  /** The git blob id (SHA-1) of the whole file, where the suggestion was one. */
  readonly blob?: string;
}

/** A suggestion as it is kept: its origin, and prints of what it said. */
export interface Suggestion extends Origin {
  readonly hashes: Readonly<Record<Channel, Float64Array>>;
}

/** More fingerprints than any sensible suggestion has, in each channel. */
const most = 20_000;
const width = 6;

const head = z.tuple([
  z.string(),
  z.number(),
  z.string(),
  z.number(),
  z.string(),
  z.string().nullable(),
  z.string().nullable(),
  z.number(),
  z.string().nullable(),
  z.string().nullable(),
  z.number(),
  z.string().nullable(),
]);

/** About half a kilobyte: the origin as JSON, then the fingerprints of either channel, veiled, in six bytes each. */
export function pack(suggestion: Suggestion, veil: Veil): Buffer {
  const [packed] = packAll([suggestion], veil);
  if (packed === undefined) throw new Error("one is packed from one");
  return packed;
}

/** Packs many. All are veiled at once: one by one takes many times as long. */
export function packAll(suggestions: readonly Suggestion[], veil: Veil): readonly Buffer[] {
  const kept: Float64Array[] = [];
  let size = 0;
  for (const { hashes } of suggestions)
    for (const all of [hashes.exact, hashes.abstract]) {
      const some = all.subarray(0, most);
      kept.push(some);
      size += some.length;
    }
  const plain = new Float64Array(size);
  let end = 0;
  for (const hashes of kept) {
    plain.set(hashes, end);
    end += hashes.length;
  }
  const hidden = veil.hide(plain);
  let start = 0;
  const all: Buffer[] = [];
  for (const [at, suggestion] of suggestions.entries()) {
    const words = Buffer.from(wordsOf(suggestion));
    const [exact = 0, abstract = 0] = [kept[at * 2]?.length, kept[at * 2 + 1]?.length];
    const packed = Buffer.allocUnsafe(2 + words.length + 4 + (exact + abstract) * width);
    packed.writeUInt16LE(words.length, 0);
    words.copy(packed, 2);
    let place = 2 + words.length;
    for (const count of [exact, abstract]) {
      packed.writeUInt16LE(count, place);
      writeHashes(packed, place + 2, hidden, start, count);
      place += 2 + count * width;
      start += count;
    }
    all.push(packed);
  }
  return all;
}

/** So many hashes from one on, in six bytes each, the lowest first. */
function writeHashes(
  into: Buffer,
  place: number,
  hashes: Float64Array,
  from: number,
  count: number,
): void {
  let at = place;
  for (let next = from; next < from + count; next++) {
    const hash = hashes[next] as number;
    const high = Math.floor(hash / 0x1_0000_0000);
    const low = hash - high * 0x1_0000_0000;
    into[at++] = low;
    into[at++] = low >>> 8;
    into[at++] = low >>> 16;
    into[at++] = low >>> 24;
    into[at++] = high;
    into[at++] = high >>> 8;
  }
}

function wordsOf(origin: Origin): string {
  const { record, index, session, at, principal, actor = null, model = null } = origin;
  const { turn, tool = null, path = null, lines, blob = null } = origin;
  return JSON.stringify([
    record,
    index,
    session,
    at,
    principal,
    actor,
    model,
    turn,
    tool,
    path,
    lines,
    blob,
  ]);
}

/** Where the fingerprints of a channel begin in a packed suggestion, and how many there are. */
export function placeOf(packed: Buffer, channel: Channel): readonly [at: number, count: number] {
  const exact = 2 + packed.readUInt16LE(0);
  const count = packed.readUInt16LE(exact);
  if (channel === "exact") return [exact + 2, count];
  const abstract = exact + 2 + count * width;
  return [abstract + 2, packed.readUInt16LE(abstract)];
}

/** The blob id of a packed suggestion that was a whole file; read without the rest, since a hundred thousand are asked. */
export function blobOf(packed: Buffer): string | undefined {
  const end = 2 + packed.readUInt16LE(0) - 2;
  return packed[end] === quote ? packed.toString("latin1", end - 40, end) : undefined;
}

const quote = 0x22;

/** Reads the origin alone. Throws on what `pack` did not write. */
export function originOf(packed: Buffer): Origin {
  const words = packed.toString("utf8", 2, 2 + packed.readUInt16LE(0));
  const [record, index, session, at, principal, actor, model, turn, tool, path, lines, blob] =
    head.parse(JSON.parse(words));
  return {
    record,
    index,
    session,
    at,
    principal,
    turn,
    lines,
    ...(actor === null ? {} : { actor }),
    ...(model === null ? {} : { model }),
    ...(tool === null ? {} : { tool }),
    ...(path === null ? {} : { path }),
    ...(blob === null ? {} : { blob }),
  };
}

/** Reads all of it. */
export function unpack(packed: Buffer, veil: Veil): Suggestion {
  const [found] = unpackAll([packed], veil);
  if (found === undefined) throw new Error("one is unpacked from one");
  return found;
}

/** Reads all of many. The veil is lifted from all at once: one by one takes many times as long. */
export function unpackAll(packed: readonly Buffer[], veil: Veil): readonly Suggestion[] {
  const places = packed.map((one) => [placeOf(one, "exact"), placeOf(one, "abstract")] as const);
  const total = places.reduce((sum, [[, exact], [, abstract]]) => sum + exact + abstract, 0);
  const hidden = new Float64Array(total);
  let end = 0;
  packed.forEach((one, at) => {
    for (const [from, count] of places[at] ?? [])
      for (let next = 0; next < count; next++)
        hidden[end++] = one.readUIntLE(from + next * width, width);
  });
  const shown = veil.show(hidden);
  let start = 0;
  const take = (count: number): Float64Array => {
    start += count;
    return shown.subarray(start - count, start);
  };
  return packed.map((one, at) => {
    const [[, exact] = [0, 0], [, abstract] = [0, 0]] = places[at] ?? [];
    return {
      ...originOf(one),
      hashes: { exact: take(exact), abstract: take(abstract) },
    };
  });
}

/** Whether a set of veiled fingerprints has at least so many of its own. Made for asking a hundred thousand suggestions. */
export function shares(
  packed: Buffer,
  channel: Channel,
  set: { has(hash: number): boolean; mayHave(low: number): boolean },
  least: number,
): boolean {
  const [from, count] = placeOf(packed, channel);
  const end = from + count * width;
  let shared = 0;
  for (let at = from; at < end; at += width) {
    const low =
      (packed[at] ?? 0) |
      ((packed[at + 1] ?? 0) << 8) |
      ((packed[at + 2] ?? 0) << 16) |
      ((packed[at + 3] ?? 0) << 24);
    if (!set.mayHave(low) || !set.has(packed.readUIntLE(at, width))) continue;
    shared++;
    if (shared >= least) return true;
  }
  return false;
}
