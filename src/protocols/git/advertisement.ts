import { concat, nothing, type Transform } from "../../http/transform.ts";
import { packet, readPacket } from "./pkt-line.ts";

/** The first ref's line is among the first few; what is longer than this is no advertisement. */
const headLimit = 256 * 1024;

/**
 * Edits the capabilities in a receive-pack advertisement (gitprotocol-pack, "Reference Discovery"): adds `no-thin`, so
 * that clients send packs that can be read by themselves, and takes away `push-cert`, which could not be judged.
 */
export function editAdvertisement(): Transform {
  let held: Uint8Array = nothing;
  let done = false;
  return {
    write: (chunk) => {
      if (done) return chunk;
      held = concat([held, chunk]);
      const edited = editFirst(held) ?? (held.length > headLimit ? held : undefined);
      if (edited === undefined) return nothing;
      done = true;
      held = nothing;
      return edited;
    },
    flush: () => held,
  };
}

/** The bytes with the first capability list edited; `undefined` while it has not come. */
function editFirst(bytes: Uint8Array): Uint8Array | undefined {
  let at = 0;
  for (;;) {
    const read = readPacket(bytes, at);
    if (read.kind === "more") return undefined;
    if (read.kind === "bad") return bytes;
    const nul = read.kind === "line" ? read.payload.indexOf(0) : -1;
    if (read.kind === "line" && nul !== -1)
      return concat([
        bytes.subarray(0, at),
        packet(concat([read.payload.subarray(0, nul + 1), editList(read.payload, nul)])),
        bytes.subarray(read.next),
      ]);
    at = read.next;
  }
}

function editList(payload: Uint8Array, nul: number): Uint8Array {
  const given = Buffer.from(payload.subarray(nul + 1)).toString("latin1");
  const kept = given
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "no-thin" && !word.startsWith("push-cert"));
  return Buffer.from(`${[...kept, "no-thin"].join(" ")}\n`, "latin1");
}
