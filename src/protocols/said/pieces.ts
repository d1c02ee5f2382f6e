import type { JsonObject } from "../strict-json.ts";
import { textOf } from "./members.ts";

/** So many pieces wait to be joined. */
const most = 512;

/** A text that comes in pieces. They are joined now and then: added one by one they would take several times the room. */
export class Pieces {
  readonly #joined: string[] = [];
  #latest: string[] = [];

  add(piece: string): void {
    if (piece === "") return;
    this.#latest.push(piece);
    if (this.#latest.length < most) return;
    this.#joined.push(this.#latest.join(""));
    this.#latest = [];
  }

  get text(): string {
    return this.#joined.join("") + this.#latest.join("");
  }
}

/** A piece of a text, the name of the member that it was, and where it went. */
export interface Piece {
  readonly name: string;
  readonly text: string;
  readonly to: Pieces;
}

/** Adds pieces to texts, and knows which was the only one of an event. */
export class Adding {
  #count = 0;
  #latest: Piece | undefined;

  begin(): void {
    this.#count = 0;
    this.#latest = undefined;
  }

  /** Adds the member of that name; false where there is none. */
  add(to: Pieces, from: JsonObject, name: string): boolean {
    const text = textOf(from, name);
    if (text === "") return false;
    to.add(text);
    this.#count++;
    this.#latest = { name, text, to };
    return true;
  }

  get only(): Piece | undefined {
    return this.#count === 1 ? this.#latest : undefined;
  }
}
