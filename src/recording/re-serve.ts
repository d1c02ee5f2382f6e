import { createHash } from "node:crypto";
import type { Piece } from "./entry.ts";
import type { RecordedExchange, SessionReader } from "./read.ts";

/** A request that wants a recorded answer; `bodies`: the SHA-256 (hex) of its body as it came, and with its coding undone. */
export interface Wanted {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly bodies: readonly string[];
}

/** What is answered: a recorded exchange, or why there is none. */
export type Served =
  | { readonly kind: "recorded"; readonly exchange: RecordedExchange }
  | { readonly kind: "none"; readonly code: string; readonly detail: string };

export interface ReServeOptions {
  /** Every path by which clients may ask for what was asked for by this one. */
  readonly paths: (exchange: RecordedExchange) => readonly string[];
  /** Also answers that the gateway wrote itself; without, those of the upstream alone. */
  readonly own: boolean;
  /** Begins again once all answers to a request were given; without, it is unknown from then on. */
  readonly again: boolean;
}

interface Line {
  readonly exchange: RecordedExchange;
  /** Undefined where the body was not kept as it was sent, so that nobody can tell by it. */
  readonly body: string | undefined;
  /** Whether a body that differs may be meant: masking, or the rule's level, has changed what is known of it. */
  readonly loose: boolean;
  played: boolean;
}

/**
 * A recorded session as an upstream: the same requests get the same answers, in the order in which they were recorded.
 * A request is known by its method, its path and its body; where masking changed the recorded body, by method and path.
 */
export class ReServe {
  readonly #options: ReServeOptions;
  readonly #lines = new Map<string, Line[]>();

  private constructor(options: ReServeOptions) {
    this.#options = options;
  }

  /** Reads the bodies of all requests once. */
  static async of(
    exchanges: readonly RecordedExchange[],
    reader: Pick<SessionReader, "pieces">,
    options: ReServeOptions,
  ): Promise<ReServe> {
    const served = new ReServe(options);
    for (const exchange of exchanges) {
      const body = await bodyOf(exchange, reader.pieces(exchange, "request"));
      const line = {
        exchange,
        body,
        loose: body === undefined || isAltered(exchange),
        played: false,
      };
      for (const path of new Set(options.paths(exchange))) {
        const name = `${exchange.opened.method} ${path}`;
        served.#lines.set(name, [...(served.#lines.get(name) ?? []), line]);
      }
    }
    return served;
  }

  /** The next answer to that request. */
  next({ method, path, bodies }: Wanted): Served {
    const lines = this.#lines.get(`${method} ${path}`) ?? [];
    if (lines.length === 0)
      return none("unknown_path", `${method} ${path} is not in this recording.`);
    const exact = lines.filter(({ body }) => body !== undefined && bodies.includes(body));
    const fitting = exact.length > 0 ? exact : lines.filter(({ loose }) => loose);
    if (fitting.length === 0)
      return none("unknown_body", `${method} ${path} was recorded, but never with this body.`);
    return this.#play(
      fitting.filter((line) => this.#plays(line)),
      fitting[0],
    );
  }

  #play(fitting: readonly Line[], first: Line | undefined): Served {
    if (fitting.length === 0 && first !== undefined) return this.#why(first);
    const next = fitting.find(({ played }) => !played);
    if (next !== undefined) {
      next.played = true;
      return { kind: "recorded", exchange: next.exchange };
    }
    if (!this.#options.again)
      return none("played", `All ${fitting.length} recorded answers to this request were given.`);
    for (const line of fitting) line.played = false;
    return this.#play(fitting, first);
  }

  #plays({ exchange }: Line): boolean {
    const answer = exchange.entries.find((entry) => entry.k === "answer");
    if (answer === undefined || (answer.by === "gateway" && !this.#options.own)) return false;
    return !isLeftOut(exchange);
  }

  #why({ exchange }: Line): Served {
    const answer = exchange.entries.find((entry) => entry.k === "answer");
    if (answer === undefined) return none("no_answer", "No answer to this request was recorded.");
    if (answer.by === "gateway" && !this.#options.own)
      return none("own_answer", "The gateway answered this request itself: --own plays that too.");
    return none(
      "not_kept",
      "The answer's body was not kept: it has no text, or its level is metadata.",
    );
  }
}

/** Nothing of the answer's body is here, though there was one. */
function isLeftOut({ entries }: RecordedExchange): boolean {
  return entries.some(
    (entry) =>
      entry.k === "over" && entry.dir === "response" && entry.left !== undefined && entry.bytes > 0,
  );
}

/** Whether what was recorded of the request's body differs from what the client sent. */
function isAltered({ entries }: RecordedExchange): boolean {
  return entries.some(
    (entry) => (entry.k === "mask" || entry.k === "gap") && entry.dir === "request",
  );
}

/** The SHA-256 of the request's body; of bytes without text, the one that was noted. */
async function bodyOf(
  { entries }: RecordedExchange,
  pieces: AsyncGenerator<Piece>,
): Promise<string | undefined> {
  const over = entries.find((entry) => entry.k === "over" && entry.dir === "request");
  if (over?.k === "over" && over.left !== undefined && over.bytes > 0) return over.sha256;
  const hash = createHash("sha256");
  for await (const { bytes } of pieces) hash.update(bytes);
  return hash.digest("hex");
}

function none(code: string, detail: string): Served {
  return { kind: "none", code, detail };
}
