import type { NonEmpty } from "../base/non-empty.ts";
import type { Result } from "../base/result.ts";
import type { ChangedFiles } from "../core/change.ts";
import type { Operation } from "../core/operation.ts";
import type { ModelUse } from "../core/record.ts";
import type { Refusal } from "../core/refusal.ts";
import type { Target } from "../core/target.ts";
import type { Reply, RequestHead, ResponseHead } from "../http/message.ts";
import type { Transform } from "../http/transform.ts";
import type { Conversation, Heed } from "./said/reader.ts";

/** Opens the transform for one logical channel of text inside a body. */
export interface OpenChannel {
  (channel: string): Transform;
  /**
   * True only where this is all that the channel will ever hold and not a byte of it would be changed: a quick look.
   * `lasting`: these very bytes never change, and come again and again.
   */
  readonly clean?: (channel: string, text: Uint8Array, lasting?: boolean) => boolean;
  /** Told how many bytes were read for secrets, by lens or kind of event: `json`, `sse:message_start`. */
  readonly read?: (kind: string, bytes: number) => void;
  /** Told how many of these were not after all, and why. */
  readonly unread?: (kind: string, why: "opaque" | "removed", bytes: number) => void;
}

/** Reaches the text inside a body (JSON strings, SSE deltas) and leaves every other byte as it was. */
export type Lens = (open: OpenChannel) => Transform;

/** What a parser knows so far: it needs more of the body, or it can tell what is asked, or it cannot be told. */
export type Reading =
  | { readonly kind: "more" }
  | { readonly kind: "read"; readonly operations: Result<NonEmpty<Operation>> };

/** Looks at things that a request carries, one after another. */
export interface Examiner {
  whole(kind: string, id: string, content: Uint8Array): void;
  /** One that is too large to be held comes in pieces. */
  large(kind: string): { write(chunk: Uint8Array): void; end(id: string): void };
}

/** What a request carries in a form that nobody can edit on its way: the objects of a push. */
export interface Cargo {
  /** Shows every thing. The error says why not all of it could be read. */
  examine(examiner: Examiner): Promise<Result<undefined>>;
  /** Where the thing of that id stands, as its owner would look for it: `src/config.ts`. */
  placeOf(id: string): Promise<string | undefined>;
}

/** Reads one request. */
export interface RequestParser {
  /** Called once before any body; a parser that needs none answers here. */
  begin(): Reading;
  /** Takes the next bytes of the body. Not called again once it has answered. */
  write(chunk: Uint8Array): Reading;
  /** The body is over: it must answer now. An empty list cannot be said, so nothing slips by unjudged. */
  end(): Result<NonEmpty<Operation>>;
  /**
   * After an answer that was ok: asks elsewhere for what the bytes alone do not tell (whose node id it is, what a
   * moved ref changes) and answers again. Awaited once, before anything is judged; rejects when it cannot ask.
   */
  resolve?(): Promise<Result<NonEmpty<Operation>>>;
  /** Once it is resolved: the files that it changes, for people to see; undefined where it changes none. */
  changes?(): Promise<ChangedFiles | undefined>;
  /** Once it is resolved: what it carries besides the bytes that say what is asked. */
  cargo?(): Cargo | undefined;
  /**
   * Once it has answered: the bytes that say what is asked, the same whenever the same thing is asked again (the
   * commands of a push, not its pack, which git may cut and order otherwise). Absent: the body as it was read.
   */
  judged?(): Uint8Array;
  /**
   * Where the request asked for a listing of what can be done (MCP's tools): takes out of the response what may not be.
   * `permits` is asked about each thing with its arguments unknown, and says no only where no arguments would help.
   */
  narrow?(head: ResponseHead, permits: (operation: Operation) => boolean): Transform | undefined;
  /** Says no in the protocol's own words, from what was read so far. */
  refuse(refusal: Refusal): Reply;
  /** Where it keeps the body, if it does: the caller then keeps no copy, and sends the body on from here. */
  readonly kept?: KeptBody;
  /** The exchange is over, however it ended. */
  close?(): void;
}

/** Watches an answer go by, decoded and masked: a witness that changes nothing and never throws. */
export interface Meter {
  write(chunk: Uint8Array): void;
  /** What the answer said of itself so far; called once, when it is over or was broken off. */
  read(): ModelUse | undefined;
}

/** A request body kept out of memory, byte for byte as it came. */
export interface KeptBody {
  /** Bytes kept so far. */
  readonly size: number;
  /** Up to `length` bytes from `offset`; fewer only at the end. */
  read(offset: number, length: number): Uint8Array;
}

/** What a model wrote and signed: its API refuses it back where it was changed. */
export interface Signed {
  readonly thinking: string;
  readonly signature: string;
}

/** Closes what was signed so that nobody else can read it; opens it for those alone for whom it was closed. */
export interface SignedSeal {
  close(block: Signed): string;
  open(sealed: string): Signed | undefined;
}

/** How what a model signed is masked for its client and yet comes back to it as it was. */
export interface SignedTexts {
  /** The lens that reaches signatures too. */
  lens(lens: Lens): Lens;
  /** Seals what is masked; with `omit` all of it, and nothing of it goes on to be read. */
  seal(open: OpenChannel, seal: SignedSeal, omit: boolean): OpenChannel;
  /** Takes it out of that answer altogether; undefined where there can be none. */
  drop(head: ResponseHead): Transform | undefined;
  /** Rewrites that request; undefined where nothing in it is sealed. */
  restore(body: Uint8Array, seal: SignedSeal): Transform | undefined;
}

/** Everything we know about one way of talking to an upstream. */
export interface Protocol {
  readonly name: string;
  recognises(head: RequestHead, target: Target): boolean;
  parse(head: RequestHead, target: Target): RequestParser;
  /** Where text lives in a request body; absent: the body is plain text, to be read whole. */
  requestLens?(head: RequestHead): Lens;
  /** Likewise for a response, whose bytes a lens may also rewrite (git's advertisement); `opaque` means that bytes must not be changed (git packs). */
  responseLens?(head: ResponseHead, request: RequestHead): Lens | "opaque";
  /** Where models sign what they say. */
  readonly signed?: SignedTexts;
  /** Where models or tools speak: listens to one exchange, for whoever records or attributes what was said. */
  listen?(heed?: Heed): Conversation;
  /** Where answers tell which model gave them and what it took. */
  meter?(head: ResponseHead): Meter;
}

export const more: Reading = { kind: "more" };
