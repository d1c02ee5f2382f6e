import type { Verifier } from "../../tlog/key.ts";
import { parseNote } from "../../tlog/note.ts";
import type { Cosign } from "./transparency-log.ts";

/** A witness of the log (C2SP tlog-witness). */
export interface Witness {
  /** Its submission prefix; `/add-checkpoint` is added. */
  readonly url: string;
  /** Its key, of a type that cosigns (`cosignature/v1`). */
  readonly key: Verifier;
}

export interface WitnessOptions {
  readonly witnesses: readonly Witness[];
  /** How many must sign before a checkpoint is published. */
  readonly quorum: number;
  /** How long a witness may take, in milliseconds; 5,000 unless told. */
  readonly timeout?: number;
}

type Prove = Parameters<Cosign>[1];
const mostProof = 63;

/** Asks all witnesses at once to sign each checkpoint, and gives the note with what they signed. */
export function cosignedBy({ witnesses, quorum, timeout = 5000 }: WitnessOptions): Cosign {
  const clients = witnesses.map((witness) => new WitnessClient(witness, timeout));
  return async (note, prove) => {
    const answers = await Promise.allSettled(clients.map((client) => client.sign(note, prove)));
    const lines = answers.flatMap((answer) =>
      answer.status === "fulfilled" ? [answer.value] : [],
    );
    if (lines.length >= quorum) return note + lines.join("");
    const why = answers.flatMap(({ status, ...rest }) =>
      status === "rejected" && "reason" in rest ? [String(rest.reason)] : [],
    );
    throw new Error(`${lines.length} of ${quorum} witnesses signed: ${why.join("; ")}`);
  };
}

class WitnessClient {
  readonly #witness: Witness;
  readonly #timeout: number;
  /** The size of the last checkpoint that it signed, as far as we know. */
  #size = 0;

  constructor(witness: Witness, timeout: number) {
    this.#witness = witness;
    this.#timeout = timeout;
  }

  /** Gives the signature line of this witness; rejects when it does not sign, or signs what is not the checkpoint. */
  async sign(note: string, prove: Prove): Promise<string> {
    const { key } = this.#witness;
    const first = await this.#ask(note, prove);
    // A witness that knows another size than we thought says which.
    const known = first.status === 409 ? sizeOf(first) : undefined;
    if (known !== undefined) this.#size = known;
    const answer = known === undefined ? first : await this.#ask(note, prove);
    if (answer.status !== 200) throw new Error(`the witness ${key.name} says ${answer.status}`);
    const line = signatureOf(note, answer.body, key);
    this.#size = sizeIn(note);
    return line;
  }

  async #ask(note: string, prove: Prove): Promise<Answer> {
    const { url, key } = this.#witness;
    if (this.#size > sizeIn(note))
      throw new Error(
        `the witness ${key.name} has signed ${this.#size} entries, more than there are`,
      );
    const proof = await prove(this.#size);
    if (proof.length > mostProof) throw new RangeError("a proof too long for any witness");
    const lines = proof.map((hash) => `${hash.toString("base64")}\n`).join("");
    const response = await fetch(`${url.replace(/\/$/, "")}/add-checkpoint`, {
      method: "POST",
      body: `old ${this.#size}\n${lines}\n${note}`,
      redirect: "error",
      signal: AbortSignal.timeout(this.#timeout),
    });
    const type = response.headers.get("content-type") ?? "";
    return { status: response.status, type, body: await response.text() };
  }
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function sizeOf({ type, body }: Answer): number | undefined {
  const size = Number(body);
  const told = type.startsWith("text/x.tlog.size") && /^(0|[1-9]\d{0,15})\n$/.test(body);
  return told && Number.isSafeInteger(size) ? size : undefined;
}

function sizeIn(note: string): number {
  return Number(note.split("\n")[1]);
}

/** The line in which that key signs that note; a witness may send lines of other keys beside it. */
function signatureOf(note: string, lines: string, key: Verifier): string {
  const text = note.slice(0, note.lastIndexOf("\n\n") + 1);
  const parsed = parseNote(`${text}\n${lines}`);
  const found = parsed.ok
    ? parsed.value.signatures.find(({ name, id }) => name === key.name && id === key.id)
    : undefined;
  if (found === undefined || !key.verify(text, found.bytes))
    throw new Error(`the witness ${key.name} gave no signature of its own`);
  return `${found.line}\n`;
}
