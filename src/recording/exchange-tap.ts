import { createHash, type Hash, hash } from "node:crypto";
import { unreachable } from "../base/unreachable.ts";
import type { Finding, Masker } from "../core/finding.ts";
import type { Keep } from "../core/keep.ts";
import type { Direction, Happening, Opening, OpenText, Reach, Tap } from "../core/recording.ts";
import { passThrough, type Transform } from "../http/transform.ts";
import type { Entry } from "./entry.ts";
import { keptFields, openedOf } from "./opened.ts";
import type { Seen, SessionSink, TapParts } from "./sink.ts";

/** Room in memory for what waits. */
export interface Room {
  /** Asks for room; false where there is none. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

interface Way {
  bytes: number;
  /** Of bytes that have no text; made when there are any. */
  hash: Hash | undefined;
  reach: Reach;
  transform: Transform | undefined;
  left: "opaque" | "unreadable" | "level" | undefined;
  unsent: boolean;
  over: boolean;
  /** Set while bytes are being left out. */
  gap: { readonly t: number; until: number; bytes: number } | undefined;
}

/** Watches one exchange for the recording: takes what happens at once, and does all work on it later. */
export class ExchangeTap implements Tap {
  readonly uri: string;
  readonly #opening: Opening;
  readonly #keep: Keep;
  readonly #parts: TapParts;
  readonly #room: Room;
  readonly #later: (act: () => void) => void;
  readonly #sink: SessionSink;
  readonly #number: number;
  readonly #ways: Record<Direction, Way>;
  #queue: Happening[] = [];
  #planned = false;
  #over = false;
  #t = 0;

  /** `later` calls back soon, and not within the call. */
  constructor(
    opening: Opening,
    keep: Keep,
    parts: TapParts,
    room: Room,
    later: (act: () => void) => void = setImmediate,
  ) {
    this.uri = `recording:${opening.session}/${opening.record}`;
    this.#opening = opening;
    this.#keep = keep;
    this.#parts = parts;
    this.#room = room;
    this.#later = later;
    this.#sink = parts.store.session(opening.session);
    this.#number = this.#sink.begin(opening.at);
    this.#ways = { request: this.#way(opening.request), response: this.#way({ kind: "opaque" }) };
    this.#entry({ k: "open", ...openedOf(opening, keep, parts.masker()) });
  }

  take(happening: Happening): void {
    if (this.#over) return;
    if ("chunk" in happening && !this.#takes(happening)) return;
    if (happening.kind === "end") this.#over = true;
    this.#queue.push(happening);
    if (this.#planned) return;
    this.#planned = true;
    this.#later(this.#drain);
  }

  /** Whether there is room for a chunk; what there is none for is left out, and said so. */
  #takes(happening: Extract<Happening, { chunk: Uint8Array }>): boolean {
    const direction = directionOf(happening);
    if (this.#keep.level === "metadata" && happening.kind !== "raw") {
      // Not a reference to its bytes is kept.
      if (happening.kind !== "requestGist") this.#ways[direction].bytes += happening.chunk.length;
      if (happening.kind === "requestBody" && !happening.sent) this.#ways.request.unsent = true;
      return false;
    }
    if (this.#room.take(happening.chunk.length)) return true;
    const { length } = happening.chunk;
    if (this.#parts.whenFull === "refuse") {
      this.#over = true;
      setImmediate(() => this.#opening.cut("the recording has no room"));
    }
    const way = this.#ways[direction];
    const t = happening.at - this.#opening.at;
    if (happening.kind !== "raw") way.bytes += length;
    way.gap ??= { t, until: t, bytes: 0 };
    way.gap.until = t;
    way.gap.bytes += length;
    return false;
  }

  readonly #drain = (): void => {
    this.#planned = false;
    const queue = this.#queue;
    this.#queue = [];
    for (const happening of queue) {
      this.#keepOne(happening);
      if ("chunk" in happening) this.#room.give(happening.chunk.length);
    }
  };

  #keepOne(happening: Happening): void {
    const t = Math.max(0, happening.at - this.#opening.at);
    this.#t = t;
    switch (happening.kind) {
      case "requestBody":
        if (!happening.sent) this.#ways.request.unsent = true;
        if (happening.decoded === true) this.#decoded();
        this.#body("request", t, happening.chunk, happening.readBy);
        break;
      case "requestGist":
        this.#gist(t, happening.chunk);
        break;
      case "requestEnd":
        this.#close("request", t);
        break;
      case "responseHead":
        this.#ways.response = this.#way(happening.body);
        this.#entry({
          k: "answer",
          t,
          by: happening.own ? "gateway" : "upstream",
          status: happening.status,
          headers: keptFields(happening.fields, this.#parts.masker()).lines,
        });
        break;
      case "responseBody":
        this.#body("response", t, happening.chunk);
        break;
      case "responseEnd":
        this.#close("response", t);
        break;
      case "raw":
        this.#sink.raw(this.#number, happening.direction, t, happening.chunk);
        break;
      case "mask":
        this.#entry({ k: "mask", t, dir: happening.direction, ...markOf(happening.finding) });
        break;
      case "parked":
        this.#entry({ k: "parked", t, approval: happening.approval });
        break;
      case "decided": {
        const { kind: _, at: __, ...rest } = happening;
        this.#entry({ k: "decided", t, ...rest });
        break;
      }
      case "end":
        this.#close("request", t);
        this.#close("response", t);
        this.#entry({ k: "end", t, end: happening.end });
        break;
      default:
        unreachable(happening);
    }
  }

  /** The request is read as it goes on, without the content coding that it came in. */
  #decoded(): void {
    const way = this.#ways.request;
    if (way.reach.kind === "text" && way.reach.plain !== undefined)
      way.reach = { ...way.reach, lens: way.reach.plain };
  }

  #body(direction: Direction, t: number, chunk: Uint8Array, readBy?: readonly Masker[]): void {
    const way = this.#ways[direction];
    if (way.reach.kind === "text" && way.left === undefined)
      way.transform ??= this.#reading(direction, way.reach, readBy ?? way.reach.readBy);
    way.bytes += chunk.length;
    if (way.left === "opaque") way.hash = (way.hash ?? createHash("sha256")).update(chunk);
    if (way.gap !== undefined) this.#tellGap(direction, way);
    this.#read(direction, t, way, chunk);
  }

  /** Bytes that are not what their head says are an answer's own fault: the recording says that it could not read them. */
  #read(direction: Direction, t: number, way: Way, what: Uint8Array | "rest"): void {
    const { transform } = way;
    if (transform === undefined) return;
    let text: Uint8Array;
    try {
      text = what === "rest" ? transform.flush() : transform.write(what);
    } catch {
      way.transform = undefined;
      way.left = "unreadable";
      return;
    }
    this.#piece(direction, t, text);
  }

  /** What is asked, of a body that is otherwise not kept. */
  #gist(t: number, chunk: Uint8Array): void {
    if (this.#keep.level !== "full") return;
    const transform = this.#open("request", this.#parts.masker())("body");
    this.#piece("request", t, Buffer.concat([transform.write(chunk), transform.flush()]));
  }

  #close(direction: Direction, t: number): void {
    const way = this.#ways[direction];
    if (way.over) return;
    way.over = true;
    this.#read(direction, t, way, "rest");
    if (way.gap !== undefined) this.#tellGap(direction, way);
    this.#entry({
      k: "over",
      t,
      dir: direction,
      bytes: way.bytes,
      ...(way.left === "opaque" ? { sha256: way.hash?.digest("hex") ?? sha256OfNothing } : {}),
      ...(way.left === undefined ? {} : { left: way.left }),
      ...(way.unsent ? { unsent: true as const } : {}),
    });
  }

  #tellGap(direction: Direction, way: Way): void {
    if (way.gap !== undefined) this.#entry({ k: "gap", dir: direction, ...way.gap });
    way.gap = undefined;
  }

  #way(reach: Reach): Way {
    const kept = reach.kind === "text" ? undefined : reach.kind;
    const left = this.#keep.level === "full" ? kept : "level";
    return {
      bytes: 0,
      hash: undefined,
      reach,
      transform: undefined,
      left,
      unsent: false,
      over: false,
      gap: undefined,
    };
  }

  /** Reads a body for what those maskers did not look for; as it is where they looked for all. */
  #reading(
    direction: Direction,
    { lens }: Extract<Reach, { kind: "text" }>,
    readBy: readonly Masker[] = [],
  ): Transform {
    const { masker, maskerBut } = this.#parts;
    const left = readBy.length === 0 || maskerBut === undefined ? masker() : maskerBut(readBy);
    return left === undefined ? passThrough : lens(this.#open(direction, left));
  }

  /** Opens a channel that takes secrets out and says where they stood. */
  #open(direction: Direction, masker: Masker): OpenText {
    const report = (finding: Finding): void =>
      this.#entry({ k: "mask", t: this.#t, dir: direction, ...markOf(finding), late: true });
    const open = (channel: string): Transform => masker.open(channel, report);
    const clean = (channel: string, text: Uint8Array, lasting?: boolean): boolean =>
      masker.clean?.(channel, text, lasting) === true;
    return Object.assign(open, { clean });
  }

  #piece(direction: Direction, t: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#sink.piece(this.#number, direction, t, bytes);
    if (this.#isWatched) this.#see({ kind: "piece", t, direction, bytes });
  }

  #entry(entry: Entry): void {
    this.#sink.entry(this.#number, entry);
    if (this.#isWatched) this.#see({ kind: "entry", entry });
  }

  get #isWatched(): boolean {
    return this.#parts.onlookers?.anyAt(this.#opening.session) === true;
  }

  #see(what: Seen): void {
    this.#parts.onlookers?.tell(this.#opening.session, this.#opening.record, what);
  }
}

const sha256OfNothing = hash("sha256", "");

function directionOf(happening: Extract<Happening, { chunk: Uint8Array }>): Direction {
  if (happening.kind === "raw") return happening.direction;
  return happening.kind === "responseBody" ? "response" : "request";
}

function markOf({ rule, fingerprint, channel, offset, length }: Finding) {
  return { rule, fingerprint, channel, offset, length };
}
