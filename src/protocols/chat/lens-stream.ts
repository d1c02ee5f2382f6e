import { editJson, type JsonPath, type Treatment } from "../../http/json-edit.ts";
import { editJsonString, spellJson } from "../../http/json-edit-string.ts";
import { editSse, rewriteEvent, type SseEvent } from "../../http/sse.ts";
import { concat, nothing, type Transform } from "../../http/transform.ts";
import type { Lens, OpenChannel } from "../protocol.ts";
import { EventForm, type Repeat } from "./lens-repeat.ts";
import { kindOf, sequenceNumber } from "./lens-stream-event.ts";

/** A value that is one piece of a text that goes on in later events. */
export interface Delta {
  readonly kind: "delta";
  readonly channel: string;
  /** The text as a whole is JSON (the arguments of a tool call). */
  readonly json?: boolean;
}

/** How a protocol spreads text over events. `event` is the parsed data, of any shape. */
export interface StreamShape {
  /** What to do with a value; nothing said: its strings are scanned by themselves. */
  treat(event: unknown, path: JsonPath): Treatment | Delta | undefined;
  /** Whether no more text can come on a channel once this event is over. */
  ends(event: unknown, channel: string): boolean;
}

interface Channel {
  readonly transform: Transform;
  /** The latest event that carried a piece of it: the form in which a last piece is sent. */
  template: SseEvent;
}

/** Bytes that were not looked at. */
interface Skipped {
  readonly opaque: number;
  readonly removed: number;
}

interface Form {
  readonly of: EventForm;
  /** The text that its piece belongs to. */
  readonly channel: Channel;
  readonly kind: string;
  readonly skipped: Skipped;
}

/** More texts at once than any model writes: the oldest is ended early. */
const maxChannels = 256;
const decoder = new TextDecoder();

/**
 * A lens for server-sent events whose data is JSON. Pieces of one text go through one transform; what it still holds
 * when the text ends is sent as one more event of the same form, before whatever says that the text is over.
 */
export function sseLens(shape: StreamShape): Lens {
  return (open) => {
    const stream = new DeltaStream(shape, open);
    return editSse({
      edit: (event) => stream.edit(event),
      end: () => stream.end(),
      overflow: () => open("sse.overflow"),
    });
  };
}

class DeltaStream {
  readonly #shape: StreamShape;
  readonly #open: OpenChannel;
  readonly #channels = new Map<string, Channel>();
  /** Events that were put in, by which later ones are renumbered. */
  #inserted = 0;
  #lastNumber = -1;
  /** What the latest event had for pieces of longer texts. */
  #pieces: { readonly channel: string; readonly text: Uint8Array }[] = [];
  /** The form of the latest event, if its piece was all that mattered; and what that piece belongs to. */
  #form: Form | undefined;
  /** Bytes of the latest event that were not looked at. */
  #skipped: Skipped = { opaque: 0, removed: 0 };

  constructor(shape: StreamShape, open: OpenChannel) {
    this.#shape = shape;
    this.#open = open;
  }

  edit(event: SseEvent): Uint8Array {
    const form = this.#form;
    const repeat = form?.of.match(event.raw);
    if (form && repeat) {
      const { opaque, removed } = form.skipped;
      this.#count(form.kind, event, { opaque: opaque + repeat.padding, removed });
      return this.#editRepeat(event, repeat, form.channel);
    }
    this.#form = undefined;
    if (!event.data) {
      this.#open.read?.("sse:comment", event.raw.length);
      return this.#scan("sse.comment", event.raw);
    }
    const text = decoder.decode(event.data);
    if (text === "[DONE]") return concat([this.end(), event.raw]);
    const parsed = parse(text);
    if (parsed === undefined) {
      this.#open.read?.("sse:text", event.raw.length);
      return this.#editText(event, event.data);
    }
    const closed = this.#endBefore(event, parsed);
    const number = sequenceNumber(parsed);
    if (number !== undefined) this.#lastNumber = number + this.#inserted;
    this.#pieces = [];
    this.#skipped = { opaque: 0, removed: 0 };
    const edited = this.#editEvent(event, parsed);
    this.#count(kindOf(parsed), event, this.#skipped);
    this.#form = this.#formOf(event, parsed, edited);
    return concat([closed, edited]);
  }

  /** An event in which all but the piece, of one of the texts, is as it was in the event before. */
  #editRepeat(
    event: SseEvent,
    { from, to, escaped, number }: Repeat,
    channel: Channel,
  ): Uint8Array {
    channel.template = event;
    if (number !== undefined) this.#lastNumber = number;
    const { raw } = event;
    const piece = raw.subarray(from, to);
    const out = escaped ? spelled(channel.transform, piece) : channel.transform.write(piece);
    if (out === piece) return raw;
    return concat([raw.subarray(0, from), escaped ? out : spellJson(out), raw.subarray(to)]);
  }

  /** The event's form, where nothing but one piece of one text had to be changed, and no text ends with it. */
  #formOf(event: SseEvent, parsed: unknown, edited: Uint8Array) {
    const [piece] = this.#pieces;
    if (this.#open.clean === undefined || piece === undefined || this.#pieces.length > 1) return;
    const channel = this.#channels.get(piece.channel);
    const counted = this.#inserted > 0 && sequenceNumber(parsed) !== undefined;
    const ends = [...this.#channels.keys()].some((name) => this.#shape.ends(parsed, name));
    const { raw } = event;
    if (channel === undefined || counted || ends || piece.text.buffer !== raw.buffer) return;
    const from = piece.text.byteOffset - raw.byteOffset;
    const to = from + piece.text.length;
    if (!isFramed(edited, raw, from, to)) return;
    const of = EventForm.of(raw, parsed, from, to);
    return of && { of, channel, kind: kindOf(parsed), skipped: this.#skipped };
  }

  #count(kind: string, { raw }: SseEvent, skipped: Skipped): void {
    const { read, unread } = this.#open;
    read?.(kind, raw.length);
    unread?.(kind, "opaque", skipped.opaque);
    unread?.(kind, "removed", skipped.removed);
  }

  /** The stream is over: what is left of every channel. */
  end(): Uint8Array {
    return concat([...this.#channels.keys()].map((channel) => this.#close(channel)));
  }

  #scan(channel: string, text: Uint8Array): Uint8Array {
    if (this.#open.clean?.(channel, text) === true) return text;
    const transform = this.#open(channel);
    return concat([transform.write(text), transform.flush()]);
  }

  #rewrite(event: SseEvent, data: Uint8Array): Uint8Array {
    return rewriteEvent(event, data, (line) => this.#scan("sse.field", line));
  }

  /** Data that is not JSON is taken for pieces of one text. */
  #editText(event: SseEvent, data: Uint8Array): Uint8Array {
    const channel = this.#channel("sse.data", event, false);
    return this.#rewrite(event, channel.write(data));
  }

  #editEvent(event: SseEvent, parsed: unknown): Uint8Array {
    const over = (channel: string) => this.#shape.ends(parsed, channel);
    const data = this.#editData(event, parsed, ({ channel, json = false }) => {
      const transform = this.#channel(channel, event, json);
      return {
        write: (text) => {
          this.#pieces.push({ channel, text });
          return transform.write(text);
        },
        flush: () => {
          if (!over(channel)) return nothing;
          this.#channels.delete(channel);
          return transform.flush();
        },
        get pending() {
          return transform.pending ?? Number.POSITIVE_INFINITY;
        },
      };
    });
    return this.#rewrite(event, data);
  }

  /** Edits the JSON of an event; `piece` gives the transform for each piece of a longer text. */
  #editData(event: SseEvent, parsed: unknown, piece: (delta: Delta) => Transform): Uint8Array {
    let delta: Delta | undefined;
    const open = (channel: string) =>
      delta?.channel === channel ? piece(delta) : this.#open(channel);
    // A piece is never clean by itself: what stands in it may go on.
    const clean = (channel: string, text: Uint8Array) =>
      delta?.channel !== channel && this.#open.clean?.(channel, text) === true;
    const edit = editJson({
      treat: (path) => {
        delta = undefined;
        const treatment = this.#shape.treat(parsed, path) ?? this.#renumber(parsed, path);
        if (treatment?.kind !== "delta") return treatment;
        delta = treatment;
        return { kind: "scan", channel: treatment.channel };
      },
      open: Object.assign(open, { clean }),
      skipped: (bytes, why) => {
        this.#skipped = { ...this.#skipped, [why]: this.#skipped[why] + bytes };
      },
    });
    return concat([edit.write(event.data ?? nothing), edit.flush()]);
  }

  #renumber(parsed: unknown, path: JsonPath): Treatment | undefined {
    if (this.#inserted === 0 || path.length !== 1 || path[0] !== "sequence_number")
      return undefined;
    const number = sequenceNumber(parsed);
    return number === undefined ? undefined : { kind: "replace", json: String(this.#lastNumber) };
  }

  #channel(name: string, event: SseEvent, json: boolean): Transform {
    const known = this.#channels.get(name);
    if (known) {
      known.template = event;
      return known.transform;
    }
    const transform = json ? editJson({ open: this.#open, prefix: `${name}.` }) : this.#open(name);
    this.#channels.set(name, { transform, template: event });
    return transform;
  }

  /** Ends the channels that this event ends and does not carry a piece of; makes room where there are too many. */
  #endBefore(event: SseEvent, parsed: unknown): Uint8Array {
    const ended = [...this.#channels.keys()].filter((channel) => this.#shape.ends(parsed, channel));
    const carried = ended.length > 0 ? this.#carried(event, parsed) : new Set<string>();
    const crowd = [...this.#channels.keys()].slice(0, this.#channels.size - maxChannels);
    const closing = new Set([...ended.filter((channel) => !carried.has(channel)), ...crowd]);
    return concat([...closing].map((channel) => this.#close(channel)));
  }

  #carried(event: SseEvent, parsed: unknown): ReadonlySet<string> {
    const carried = new Set<string>();
    this.#editData(event, parsed, ({ channel }) => {
      carried.add(channel);
      return silent;
    });
    return carried;
  }

  /** What is left of a channel, as an event of its own. */
  #close(name: string): Uint8Array {
    const channel = this.#channels.get(name);
    if (!channel) return nothing;
    this.#channels.delete(name);
    const rest = channel.transform.flush();
    return rest.length === 0 ? nothing : this.#lastPiece(name, channel.template, rest);
  }

  #lastPiece(name: string, template: SseEvent, rest: Uint8Array): Uint8Array {
    if (name === "sse.data") return this.#rewrite(template, rest);
    const parsed = parse(decoder.decode(template.data));
    this.#inserted++;
    this.#lastNumber++;
    let sent = false;
    const data = this.#editData(template, parsed, ({ channel }) => {
      if (channel !== name || sent) return silent;
      sent = true;
      return { write: () => nothing, flush: () => rest };
    });
    return this.#rewrite(template, data);
  }
}

/** A piece with escapes, as it is written once it has gone through the transform of its text. */
function spelled(transform: Transform, piece: Uint8Array): Uint8Array {
  const edit = editJsonString({ write: (text) => transform.write(text), flush: () => nothing });
  return concat([edit.write(piece), edit.flush()]);
}

/** Whether before and behind the piece nothing was changed. */
function isFramed(edited: Uint8Array, raw: Uint8Array, from: number, to: number): boolean {
  if (edited === raw) return true;
  const rest = raw.length - to;
  if (edited.length < from + rest) return false;
  const head = Buffer.compare(edited.subarray(0, from), raw.subarray(0, from));
  const tail = Buffer.compare(edited.subarray(edited.length - rest), raw.subarray(to));
  return head === 0 && tail === 0;
}

const silent: Transform = { write: () => nothing, flush: () => nothing };

function parse(text: string): unknown {
  try {
    return JSON.parse(text) ?? null;
  } catch {
    return undefined;
  }
}
