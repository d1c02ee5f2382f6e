import { Recent } from "../base/recent.ts";
import type { Finding, Masker } from "../core/finding.ts";
import type { ModelUse } from "../core/record.ts";
import type { Reach } from "../core/recording.ts";
import type { Fields } from "../http/fields.ts";
import type { ResponseHead } from "../http/message.ts";
import { concat, passThrough, type Transform } from "../http/transform.ts";
import type { Meter, OpenChannel } from "../protocols/protocol.ts";
import { channels } from "./channels.ts";
import type { HeaderEdits, Port } from "./phase.ts";
import type { ReadableBody } from "./readable-body.ts";
import type { Watch } from "./watch.ts";

/** No secret is shorter, in characters. */
const SHORTEST = 4;

type State =
  | { readonly kind: "waiting" }
  | {
      readonly kind: "streaming";
      readonly transform: Transform;
      readonly maskers: readonly Masker[];
    }
  | { readonly kind: "over" };

/** Who else looks at a response: what reads a model's use, and how a recorder reaches its text. */
export interface Watchers {
  readonly meter?: Meter | undefined;
  readonly reach?: Reach | undefined;
  /** Puts in what none of them is shown, and the client alone may see. */
  readonly last?: Transform | undefined;
}

/** The response's half of an exchange: head, masked bytes, end. */
export class ResponseFlow {
  readonly #port: Port;
  readonly #report: (finding: Finding) => void;
  readonly #watch: Watch;
  #state: State = { kind: "waiting" };
  #sent = 0;
  #meter: Meter | undefined;
  #last: Transform = passThrough;

  constructor(port: Port, report: (finding: Finding) => void, watch: Watch) {
    this.#port = port;
    this.#watch = watch;
    this.#report = report;
  }

  /** Bytes that went to the client. */
  get sent(): number {
    return this.#sent;
  }

  get started(): boolean {
    return this.#state.kind !== "waiting";
  }

  get over(): boolean {
    return this.#state.kind === "over";
  }

  /** What the body that was sent said of itself. To be asked once, when it is over. */
  learnt(): ModelUse | undefined {
    return this.#meter?.read();
  }

  /** Lets the head go on, and opens the body's maskers; without a lens the bytes go on as they are. */
  begin(
    head: ResponseHead,
    end: boolean,
    maskers: readonly Masker[],
    { lens, remove }: ReadableBody,
    set: HeaderEdits["set"],
    { meter, reach, last = passThrough }: Watchers = {},
  ): void {
    this.#meter = meter;
    this.#last = last;
    const masked = maskFields(head.fields, "header", maskers, this.#report);
    const edits: HeaderEdits = { set: masked.length === 0 ? set : [...masked, ...set], remove };
    if (reach !== undefined && this.#watch.on)
      this.#watch.tell({
        kind: "responseHead",
        at: this.#watch.now,
        status: head.status,
        fields: edited(head.fields, edits),
        own: false,
        body: reach,
      });
    this.#port.send({ kind: "responseHead", edits });
    if (end) this.#watch.tell({ kind: "responseEnd", at: this.#watch.now });
    const transform = lens === undefined ? passThrough : lens(channels(maskers, this.#report));
    this.#state = end ? { kind: "over" } : { kind: "streaming", transform, maskers };
  }

  write(chunk: Uint8Array, end: boolean): void {
    if (this.#state.kind !== "streaming") return;
    const { transform } = this.#state;
    if (this.#watch.raw)
      this.#watch.tell({ kind: "raw", at: this.#watch.now, direction: "response", chunk });
    const out = transform.write(chunk);
    if (out.length > 0) this.#send(out, false);
    if (!end) return;
    this.#send(transform.flush(), true);
    this.#watch.tell({ kind: "responseEnd", at: this.#watch.now });
    this.#state = { kind: "over" };
  }

  trailers(fields: Fields): void {
    if (this.#state.kind !== "streaming") return;
    const held = this.#state.transform.flush();
    if (held.length > 0) this.#send(held, false);
    const rest = this.#last.flush();
    this.#sent += rest.length;
    if (rest.length > 0) this.#port.send({ kind: "responseBody", chunk: rest, end: false });
    const set = maskFields(fields, "trailer", this.#state.maskers, this.#report);
    this.#port.send({ kind: "responseTrailers", edits: { set, remove: [] } });
    this.#watch.tell({ kind: "responseEnd", at: this.#watch.now });
    this.#state = { kind: "over" };
  }

  /** Nothing more may go out. */
  close(): void {
    this.#state = { kind: "over" };
  }

  #send(chunk: Uint8Array, end: boolean): void {
    this.#meter?.write(chunk);
    if (chunk.length > 0) this.#watch.tell({ kind: "responseBody", at: this.#watch.now, chunk });
    const out = this.#last.write(chunk);
    const sent = end ? concat([out, this.#last.flush()]) : out;
    this.#sent += sent.length;
    if (end || sent.length > 0) this.#port.send({ kind: "responseBody", chunk: sent, end });
  }
}

/** The head's lines as they stand once it has been edited. */
function edited(fields: Fields, { set, remove }: HeaderEdits): Fields {
  return fields.but([...remove, ...set.map(([name]) => name)], set);
}

/** The header lines that held a secret, masked; a name with several lines comes whole, in order. */
function maskFields(
  fields: Fields,
  place: "header" | "trailer",
  maskers: readonly Masker[],
  report: (finding: Finding) => void,
): HeaderEdits["set"] {
  const open = channels(maskers, report);
  const channelOf = (name: string): string => `${place}.${name}`;
  const texts: string[] = [];
  const changed = new Set<string>();
  for (let line = 0; line < fields.count; line++) {
    const [name, value] = [fields.nameAt(line), fields.valueAt(line)];
    const text = maskText(value, channelNames[place].take(name, channelOf), open);
    texts.push(text);
    if (text !== value) changed.add(name);
  }
  if (changed.size === 0) return none;
  return [...fields]
    .map(([name], at): readonly [string, string] => [name, texts[at] ?? ""])
    .filter(([name]) => changed.has(name));
}

const none: HeaderEdits["set"] = [];
const channelNames = { header: new Recent<string>(256), trailer: new Recent<string>(64) };

function maskText(text: string, channel: string, open: OpenChannel): string {
  if (text.length < SHORTEST) return text;
  const bytes = Buffer.from(text, "latin1");
  if (open.clean?.(channel, bytes) === true) return text;
  const transform = open(channel);
  return Buffer.concat([transform.write(bytes), transform.flush()]).toString("latin1");
}
