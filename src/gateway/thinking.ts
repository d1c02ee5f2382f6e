import { pipe, type Transform } from "../http/transform.ts";
import type { Lens, OpenChannel, SignedSeal } from "../protocols/protocol.ts";
import { decodeBody } from "../protocols/whole-body.ts";
import type { Found } from "./admit.ts";
import type { Arrival } from "./arrival.ts";
import type { Parts } from "./parts.ts";

/** What is sealed is opened for the same session and connection alone. */
export function sealFor(
  { seal }: Pick<Parts, "seal">,
  { target }: Pick<Arrival, "target">,
  { facts }: Found,
): SignedSeal | undefined {
  if (seal === undefined || facts === undefined) return undefined;
  const place = [facts.principal.id, facts.session, target.connection.name];
  return {
    close: ({ thinking, signature }) => seal.close(JSON.stringify([...place, thinking, signature])),
    open: (sealed) => {
      const text = seal.open(sealed);
      if (text === undefined) return undefined;
      const [id, session, connection, thinking = "", signature = ""] = JSON.parse(text) as string[];
      const isOurs = [id, session, connection].every((part, index) => part === place[index]);
      return isOurs ? { thinking, signature } : undefined;
    },
  };
}

/** The response's lens, through which what a model signed is sealed where it is masked. */
export function sealed(
  lens: Lens,
  { protocol }: Pick<Arrival, "protocol">,
  seal: SignedSeal | undefined,
  omit: boolean,
): Lens {
  const { signed } = protocol;
  if (signed === undefined || seal === undefined) return lens;
  const sealing = signed.lens(lens);
  return (open: OpenChannel) => sealing(signed.seal(open, seal, omit));
}

/** The same lens behind what takes thinking out; how much that was is told as removed. */
export function dropping(drop: Transform, lens: Lens): Lens {
  return (open) => {
    let removed = 0;
    const count = (taken: number, out: Uint8Array): Uint8Array => {
      removed += taken - out.length;
      return out;
    };
    const counted: Transform = {
      write: (chunk) => count(chunk.length, drop.write(chunk)),
      flush: () => {
        const rest = count(0, drop.flush());
        open.read?.("thinking", removed);
        open.unread?.("thinking", "removed", removed);
        return rest;
      },
    };
    return pipe([counted, lens(open)]);
  };
}

/**
 * Puts back on its way to the model what it signed; undefined where the request holds nothing of the kind. It rewrites
 * the body without its content coding.
 */
export function unsealing(
  { head, protocol, body }: Pick<Arrival, "head" | "protocol" | "body">,
  seal: SignedSeal | undefined,
): Transform | undefined {
  if (protocol.signed === undefined || seal === undefined || !body.whole) return undefined;
  const decoded = decodeBody(head, body.judged());
  return decoded.ok ? protocol.signed.restore(decoded.value, seal) : undefined;
}
