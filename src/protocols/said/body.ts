import { ok, type Result } from "../../base/result.ts";
import type { Said } from "../../core/said.ts";
import { decodeContent } from "../../http/encoding.ts";
import type { Fields } from "../../http/fields.ts";
import { editSse, type SseEvent } from "../../http/sse.ts";
import { concat, nothing, type Transform } from "../../http/transform.ts";
import { EventForm, type Repeat } from "../chat/lens-repeat.ts";
import { formOf } from "../content-lens.ts";
import { isObject, type JsonObject } from "../strict-json.ts";
import { understood } from "../understood.ts";
import type { Piece, Pieces } from "./pieces.ts";
import type { SaidReader } from "./reader.ts";

/** Understands the JSON objects of one body: one where it is JSON, one per event where it is a stream. */
export interface Listener {
  object(value: JsonObject): readonly Said[];
  /** The piece of a longer text that the latest object brought, where another one like it would bring nothing else. */
  readonly piece?: Piece | undefined;
  end(): readonly Said[];
}

/** Events of one form, and where their pieces go. */
interface Form {
  readonly of: EventForm;
  readonly to: Pieces;
}

/** The longest body of JSON, and the longest stream of events, that is listened to, in bytes. */
const longest = 64 * 1024 * 1024;
const utf8 = new TextDecoder();

/** Reads a body through its content coding: server-sent events if its head says so, JSON otherwise. */
export function readSaid(fields: Fields, listener: Listener): SaidReader {
  const coding = fields.all("content-encoding").join(",");
  const decoder: Result<Transform | undefined> =
    coding === "" ? ok(undefined) : decodeContent(coding);
  if (!decoder.ok) return unreadable;
  const reader = new BodyReader(formOf(fields) === "events", listener, decoder.value);
  return reader;
}

const nothingSaid: readonly Said[] = [];
const unreadable: SaidReader = { write: () => [], end: () => [], truncated: true };

class BodyReader implements SaidReader {
  readonly #listener: Listener;
  readonly #decoder: Transform | undefined;
  readonly #events: Transform | undefined;
  #whole: Uint8Array[] = [];
  /** The form of the latest event, if its piece was all that mattered. */
  #form: Form | undefined;
  #said: Said[] = [];
  #size = 0;
  #truncated = false;

  constructor(events: boolean, listener: Listener, decoder: Transform | undefined) {
    this.#listener = listener;
    this.#decoder = decoder;
    this.#events = events ? this.#openEvents() : undefined;
  }

  get truncated(): boolean {
    return this.#truncated;
  }

  write(chunk: Uint8Array): readonly Said[] {
    this.#decoded(() => this.#decoder?.write(chunk) ?? chunk);
    return this.#take();
  }

  end(): readonly Said[] {
    this.#decoded(() => this.#decoder?.flush() ?? nothing);
    this.#events?.flush();
    if (!this.#events) this.#document();
    this.#whole = [];
    this.#said.push(...this.#listener.end());
    return this.#take();
  }

  #decoded(decode: () => Uint8Array): void {
    if (this.#truncated) return;
    try {
      this.#read(decode());
    } catch {
      this.#truncated = true;
    }
  }

  #read(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#size += bytes.length;
    if (this.#size > longest) {
      this.#truncated = true;
      this.#whole = [];
    } else if (this.#events) this.#events.write(bytes);
    else this.#whole.push(bytes);
  }

  #document(): void {
    const known = understood(this.#whole[0], this.#size);
    if (known === undefined) this.#object(concat(this.#whole));
    else this.#tell(known);
  }

  #object(bytes: Uint8Array): JsonObject | undefined {
    let value: unknown;
    try {
      value = JSON.parse(utf8.decode(bytes));
    } catch {
      this.#truncated ||= bytes.length > 0;
    }
    if (!isObject(value)) return undefined;
    this.#tell(value);
    return value;
  }

  #tell(object: JsonObject): void {
    const said = this.#listener.object(object);
    if (said.length > 0) this.#said.push(...said);
  }

  #event(event: SseEvent): void {
    const { raw } = event;
    const form = this.#form;
    const repeat = form?.of.match(raw);
    if (form && repeat) {
      form.to.add(pieceIn(raw, repeat));
      return;
    }
    this.#form = undefined;
    const { data } = event;
    // Streams of model APIs may end with the word `[DONE]`.
    if (data?.[0] !== 0x7b) return;
    const value = this.#object(data);
    const { piece } = this.#listener;
    const of = value && piece && EventForm.ofMember(raw, value, piece.name);
    const repeated = of?.match(raw);
    if (of && repeated && pieceIn(raw, repeated) === piece?.text) this.#form = { of, to: piece.to };
  }

  #openEvents(): Transform {
    return editSse({
      edit: (event) => {
        this.#event(event);
        return nothing;
      },
      end: () => nothing,
      overflow: () => {
        this.#truncated = true;
        return { write: () => nothing, flush: () => nothing };
      },
    });
  }

  #take(): readonly Said[] {
    if (this.#said.length === 0) return nothingSaid;
    const said = this.#said;
    this.#said = [];
    return said;
  }
}

/** The piece of an event, its escapes undone. */
function pieceIn(raw: Uint8Array, { from, to, escaped }: Repeat): string {
  const text = Buffer.from(raw.buffer, raw.byteOffset + from, to - from).toString("utf8");
  return escaped ? String(JSON.parse(`"${text}"`)) : text;
}
