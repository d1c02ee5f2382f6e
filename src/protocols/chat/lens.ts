import { editForm } from "../../http/encoding-form.ts";
import { editJson, type JsonPath, type Treatment } from "../../http/json-edit.ts";
import type { Transform } from "../../http/transform.ts";
import type { Lens, OpenChannel } from "../protocol.ts";
import { modelStream, treatModel } from "./lens-model.ts";
import { signedStream, treatSigned } from "./lens-signed.ts";
import { sseLens } from "./lens-stream.ts";
import { treatGithub, treatMcp } from "./lens-whole.ts";

/** Plain text, diffs and logs: one channel, `body`. */
export const textLens: Lens = (open) => counted(open, "text", open("body"));

/** JSON of any shape: its strings, wherever they are, each go through a channel called like their path. */
export const jsonLens: Lens = documents(() => undefined);

/** Server-sent events whose data is JSON of any shape, each complete in itself. */
export const sseJsonLens: Lens = sseLens({ treat: () => undefined, ends: () => false });

/** Forms (`application/x-www-form-urlencoded`): a channel for each field. */
export const formLens: Lens = (open) => counted(open, "form", editForm(open));

/** GitHub's REST and GraphQL: JSON in which `content` may be a file in base64. */
export const githubLens: Lens = documents(treatGithub);

/** MCP: JSON-RPC messages, and the same as server-sent events. */
export const mcpLens: Lens = documents(treatMcp);
export const sseMcpLens: Lens = sseLens({
  treat: (_event, path) => treatMcp(path),
  ends: () => false,
});

/** JSON as a whole, its bytes counted. */
function documents(treat: (path: JsonPath) => Treatment | undefined): Lens {
  return (open) => {
    const skipped = (bytes: number, why: "opaque" | "removed") => open.unread?.("json", why, bytes);
    return counted(open, "json", editJson({ open, treat, skipped }));
  };
}

function counted(open: OpenChannel, kind: string, transform: Transform): Transform {
  const { read } = open;
  if (read === undefined) return transform;
  return new Counted(transform, (bytes) => read(kind, bytes));
}

class Counted implements Transform {
  readonly #transform: Transform;
  readonly #read: (bytes: number) => void;

  constructor(transform: Transform, read: (bytes: number) => void) {
    this.#transform = transform;
    this.#read = read;
  }

  get pending(): number {
    return this.#transform.pending ?? Number.POSITIVE_INFINITY;
  }

  write(chunk: Uint8Array): Uint8Array {
    this.#read(chunk.length);
    return this.#transform.write(chunk);
  }

  flush(): Uint8Array {
    return this.#transform.flush();
  }
}

/**
 * Model calls. Every dialect has its names here, and one lens reads them all: an answer says itself which dialect it
 * is in, so that one nobody asked for is understood too.
 */
export const chatLens: Lens = documents(treatModel);
export const sseChatLens: Lens = sseLens(modelStream);

/** The same, through which signatures of thinking can be reached. */
export const signedChatLens: Lens = documents(treatSigned);
export const signedSseChatLens: Lens = sseLens(signedStream);
