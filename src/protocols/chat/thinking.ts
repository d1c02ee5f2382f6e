import { editJson } from "../../http/json-edit.ts";
import { concat, nothing, passThrough, type Transform } from "../../http/transform.ts";
import type { OpenChannel, Signed, SignedSeal } from "../protocol.ts";

/** What a sealed signature begins with, behind the model's own or in its place. */
const mark = "sallyport-thinking-v1.";
/** More thinking than this in one block, in bytes, is not kept for its way back. */
const longest = 8 * 1024 * 1024;

/** One block of thinking as it goes by. */
class Block {
  readonly #before: Uint8Array[] = [];
  readonly #after: Uint8Array[] = [];
  #size = 0;
  signature = "";

  /** The same transform; what goes in and what comes out is kept. */
  follow(transform: Transform): Transform {
    return {
      write: (chunk) => {
        this.#keep(this.#before, chunk);
        return this.#kept(transform.write(chunk));
      },
      flush: () => this.#kept(transform.flush()),
      get pending() {
        return transform.pending ?? Number.POSITIVE_INFINITY;
      },
    };
  }

  /** The block as it was, where something of it was masked. */
  get masked(): Signed | undefined {
    const [before, after] = [concat(this.#before), concat(this.#after)];
    if (this.#size > longest || Buffer.compare(before, after) === 0) return undefined;
    return { thinking: Buffer.from(before).toString("utf8"), signature: this.signature };
  }

  #kept(chunk: Uint8Array): Uint8Array {
    this.#keep(this.#after, chunk);
    return chunk;
  }

  #keep(list: Uint8Array[], chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#size <= longest) list.push(new Uint8Array(chunk));
  }
}

const silent: Transform = { write: () => nothing, flush: () => nothing, pending: 0 };

/**
 * The same channels; thinking in which something is masked goes into its signature as it was, sealed. Clients give both
 * back with the next turn, and the model's API refuses thinking that was changed. With `omit` none of it can be read.
 */
export function sealThinking(open: OpenChannel, seal: SignedSeal, omit = false): OpenChannel {
  const blocks = new Map<string, Block>();
  const sealing = (channel: string): Transform => {
    const [, name = "", part] = /^content\.(\d+)\.(thinking|signature)$/.exec(channel) ?? [];
    const block = blocks.get(name) ?? new Block();
    if (part === "thinking") {
      blocks.set(name, block);
      return block.follow(omit ? silent : open(channel));
    }
    return part === "signature" ? signatureOf(block, seal) : open(channel);
  };
  return Object.assign(sealing, {
    ...open,
    // Of a channel, its last name may be all that is told here.
    clean: (channel: string, text: Uint8Array, lasting?: boolean) =>
      !isNamed(channel, "signature") &&
      !(omit && isNamed(channel, "thinking")) &&
      open.clean?.(channel, text, lasting) === true,
  });
}

/** Whether that is the last name of the channel. */
function isNamed(channel: string, name: string): boolean {
  if (!channel.endsWith(name)) return false;
  const before = channel.length - name.length;
  return before === 0 || channel[before - 1] === ".";
}

/** A signature goes on untouched; behind it comes the block, where the client got another. */
function signatureOf(block: Block, seal: SignedSeal): Transform {
  return {
    write: (chunk) => {
      block.signature += Buffer.from(chunk).toString("utf8");
      return chunk;
    },
    flush: () => {
      const { masked } = block;
      return masked === undefined ? nothing : Buffer.from(`${mark}${seal.close(masked)}`);
    },
    pending: 0,
  };
}

/** Puts every sealed block of a conversation back as the model wrote it; undefined where there is none. */
export function restoreThinking(body: Uint8Array, seal: SignedSeal): Transform | undefined {
  if (!Buffer.from(body.buffer, body.byteOffset, body.length).includes(mark)) return undefined;
  const values = valuesIn(body, seal);
  if (values.size === 0) return undefined;
  const open = Object.assign(() => passThrough, { clean: () => true });
  return editJson({
    open,
    treat: (path) => {
      const value = path.length === 5 ? values.get(path.join(".")) : undefined;
      return value === undefined ? undefined : { kind: "replace", json: JSON.stringify(value) };
    },
  });
}

function valuesIn(body: Uint8Array, seal: SignedSeal): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const { messages } = parsed(body) as { readonly messages?: unknown };
  for (const [at, message] of listed(messages).entries())
    for (const [index, block] of listed(message["content"]).entries()) {
      const was = openedOf(block, seal);
      if (was === undefined) continue;
      values.set(`messages.${at}.content.${index}.thinking`, was.thinking);
      values.set(`messages.${at}.content.${index}.signature`, was.signature);
    }
  return values;
}

function openedOf(
  { type, signature }: Readonly<Record<string, unknown>>,
  seal: SignedSeal,
): Signed | undefined {
  if (type !== "thinking" || typeof signature !== "string") return undefined;
  const [, sealed] = signature.split(mark);
  return sealed === undefined ? undefined : seal.open(sealed);
}

function parsed(body: Uint8Array): object {
  try {
    return Object(JSON.parse(Buffer.from(body).toString("utf8")));
  } catch {
    return {};
  }
}

function listed(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map((item: unknown) => Object(item)) : [];
}
