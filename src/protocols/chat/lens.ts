import { editForm } from "../../http/encoding-form.ts";
import { editJson } from "../../http/json-edit.ts";
import type { Lens } from "../protocol.ts";
import { modelStream, treatModel } from "./lens-model.ts";
import { sseLens } from "./lens-stream.ts";
import { treatGithub, treatMcp } from "./lens-whole.ts";

/** Plain text, diffs and logs: one channel, `body`. */
export const textLens: Lens = (open) => open("body");

/** JSON of any shape: its strings, wherever they are, each go through a channel called like their path. */
export const jsonLens: Lens = (open) => editJson({ open });

/** Server-sent events whose data is JSON of any shape, each complete in itself. */
export const sseJsonLens: Lens = sseLens({ treat: () => undefined, ends: () => false });

/** Forms (`application/x-www-form-urlencoded`): a channel for each field. */
export const formLens: Lens = editForm;

/** GitHub's REST and GraphQL: JSON in which `content` may be a file in base64. */
export const githubLens: Lens = (open) => editJson({ open, treat: treatGithub });

/** MCP: JSON-RPC messages, and the same as server-sent events. */
export const mcpLens: Lens = (open) => editJson({ open, treat: treatMcp });
export const sseMcpLens: Lens = sseLens({
  treat: (_event, path) => treatMcp(path),
  ends: () => false,
});

function wholeModel(): Lens {
  return (open) => editJson({ open, treat: treatModel });
}

function streamedModel(): Lens {
  return sseLens(modelStream);
}

/**
 * Model calls. Every dialect has its names here, and one lens reads them all: an answer says itself which dialect it
 * is in, so that one nobody asked for is understood too.
 */
export const chatLens: Lens = wholeModel();
export const sseChatLens: Lens = streamedModel();
