import type { Refusal } from "../../core/refusal.ts";
import type { Reply } from "../../http/message.ts";
import { concat } from "../../http/transform.ts";
import { caseHeaders, githubStatus, jsonReply, withCase } from "../github-reply.ts";
import type { PushHead } from "./commands.ts";
import { flushPacket, packet } from "./pkt-line.ts";

/** A plain HTTP status with words: git prints each line of text/plain as `remote: …` on `info/refs`. */
export function refuseDiscovery(refusal: Refusal): Reply {
  const status = githubStatus[refusal.code];
  return {
    status,
    headers: {
      ...caseHeaders(refusal),
      "content-type": "text/plain; charset=utf-8",
      ...(status === 401 ? { "www-authenticate": 'Basic realm="Sallyport", charset="UTF-8"' } : {}),
    },
    body: `${withCase(refusal)}\n`,
  };
}

/** `fatal: remote error: …` for a fetch that is past its discovery (gitprotocol-pack, "error-line"). */
export function refuseFetch(refusal: Refusal): Reply {
  if (refusal.code === "unauthenticated" || refusal.code === "unavailable")
    return refuseDiscovery(refusal);
  return {
    status: 200,
    headers: {
      ...caseHeaders(refusal),
      "content-type": "application/x-git-upload-pack-result",
    },
    body: packet(`ERR ${oneLine(withCase(refusal), 1000)}`),
  };
}

/**
 * A push's report-status with `ng` for every command and the words as `remote:` lines, so that git prints
 * ` ! [remote rejected] main -> main (…)`. Without commands, or where HTTP itself must say it, a status.
 */
export function refusePush(refusal: Refusal, head: PushHead | undefined): Reply {
  const byStatus = refusal.code === "unauthenticated" || refusal.code === "unavailable";
  if (head === undefined || head.commands.length === 0 || byStatus) return refuseDiscovery(refusal);
  const banded = head.capabilities.has("side-band-64k") || head.capabilities.has("side-band");
  const width = head.capabilities.has("side-band-64k") ? 65_515 : 995;
  const report =
    head.capabilities.has("report-status") || head.capabilities.has("report-status-v2");
  const status = report ? statusReport(refusal, head) : new Uint8Array(0);
  const words = new TextEncoder().encode(`${printable(withCase(refusal))}\n`);
  return {
    status: 200,
    headers: {
      ...caseHeaders(refusal),
      "content-type": "application/x-git-receive-pack-result",
    },
    body: banded
      ? concat([...band(2, words, width), ...band(1, status, width), flushPacket])
      : status,
  };
}

/** A git-lfs API error: `batch response: …`. */
export function refuseLfs(refusal: Refusal): Reply {
  const status = githubStatus[refusal.code];
  const reply = jsonReply(refusal, status, {
    message: withCase(refusal),
    request_id: refusal.caseId,
  });
  const headers = { ...reply.headers, "content-type": "application/vnd.git-lfs+json" };
  return status === 401
    ? { ...reply, headers: { ...headers, "lfs-authenticate": 'Basic realm="Sallyport"' } }
    : { ...reply, headers };
}

function statusReport(refusal: Refusal, head: PushHead): Uint8Array {
  const reason = oneLine(refusal.message, 200);
  return concat([
    packet("unpack ok\n"),
    ...head.commands.map((command) => packet(`ng ${command.ref} ${reason}\n`)),
    flushPacket,
  ]);
}

function band(channel: number, bytes: Uint8Array, width: number): readonly Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += width)
    packets.push(packet(concat([Uint8Array.of(channel), bytes.subarray(at, at + width)])));
  return packets;
}

/** Terminals obey control bytes, so none but the newline may reach one. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what it removes
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]+/g, " ");
}

/** A reason on one line, cut at a whole character. */
function oneLine(text: string, length: number): string {
  const line = printable(text).replace(/\s+/g, " ").trim();
  const letters = [...line];
  return letters.length > length ? `${letters.slice(0, length - 1).join("")}…` : line;
}
