import type { S3 } from "../s3/client.ts";
import type { IndexLog } from "./shelf.ts";

/** Lines that were added from one number to another, in one object; later ones count. */
interface Segment {
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
}

/** With more segments than this, some are put together. */
const mostSegments = 32;
const folder = "index/";

/**
 * Lines of summaries in a bucket, where nothing can be appended to: each addition is an object, and small ones are put
 * together now and then, so that there are never many and each line is written anew only some times.
 */
export function bucketIndex(s3: S3): IndexLog {
  return new BucketIndex(s3);
}

class BucketIndex implements IndexLog {
  readonly #s3: S3;
  #segments: Segment[] | undefined;

  constructor(s3: S3) {
    this.#s3 = s3;
  }

  async read(): Promise<Buffer> {
    const segments = await this.#list();
    this.#segments = [];
    const all: Buffer[] = [];
    for (const segment of segments) {
      const bytes = await this.#bytesOf(segment);
      this.#segments.push({ ...segment, bytes: bytes.length });
      all.push(bytes);
    }
    return Buffer.concat(all);
  }

  async append(text: string): Promise<void> {
    const segments = await this.#known();
    const next = (segments.at(-1)?.last ?? 0) + 1;
    const segment = { first: next, last: next, bytes: text.length };
    await this.#s3.put(nameOf(segment), Buffer.from(text));
    segments.push(segment);
    if (segments.length > mostSegments) await this.#merge(segments);
  }

  async rewrite(text: string): Promise<void> {
    const before = [...(await this.#known())];
    const last = (before.at(-1)?.last ?? 0) + 1;
    const whole = { first: 1, last, bytes: text.length };
    await this.#s3.put(nameOf(whole), Buffer.from(text));
    this.#segments = [whole];
    for (const segment of before) await this.#s3.remove(nameOf(segment));
  }

  async #merge(segments: Segment[]): Promise<void> {
    const merged = small(segments);
    const last = new Map<string, string>();
    for (const segment of merged)
      for (const line of (await this.#bytesOf(segment)).toString("utf8").split("\n"))
        if (line !== "") last.set(keyOf(line), line);
    const text = [...last.values()].map((line) => `${line}\n`).join("");
    const whole: Segment = {
      first: merged[0]?.first ?? 1,
      last: merged.at(-1)?.last ?? 1,
      bytes: text.length,
    };
    await this.#s3.put(nameOf(whole), Buffer.from(text));
    segments.splice(-merged.length, merged.length, whole);
    for (const segment of merged) await this.#s3.remove(nameOf(segment));
  }

  async #known(): Promise<Segment[]> {
    this.#segments ??= [...(await this.#list())];
    return this.#segments;
  }

  /** In order; those that a crash left beside what they were put together into are passed over. */
  async #list(): Promise<readonly Segment[]> {
    const all: Segment[] = [];
    for await (const key of this.#s3.list(folder)) {
      const [, last, first] = /^index\/(\d+)-(\d+)\.jsonl$/.exec(key) ?? [];
      if (last !== undefined) all.push({ first: Number(first), last: Number(last), bytes: 0 });
    }
    return all
      .filter(
        (one) =>
          !all.some((other) => other !== one && other.first <= one.first && other.last >= one.last),
      )
      .sort((a, b) => a.last - b.last);
  }

  async #bytesOf(segment: Segment): Promise<Buffer> {
    const object = await this.#s3.get(nameOf(segment));
    if (object === undefined) throw new Error(`${nameOf(segment)} is gone`);
    return object.body;
  }
}

/** The last segments, eight at least: as many as are in sum no smaller than the one before them. */
function small(segments: readonly Segment[]): readonly Segment[] {
  let count = 0;
  let bytes = 0;
  for (const segment of segments.toReversed()) {
    if (count >= 8 && segment.bytes > bytes) break;
    count += 1;
    bytes += segment.bytes;
  }
  return segments.slice(-count);
}

function nameOf({ first, last }: Segment): string {
  const [a, b] = [last, first].map((number) => String(number).padStart(10, "0"));
  return `${folder}${a}-${b}.jsonl`;
}

/** What a line is about: its session. A line that is none is kept as it is. */
function keyOf(line: string): string {
  try {
    return (JSON.parse(line) as { readonly session: string }).session;
  } catch {
    return line;
  }
}
