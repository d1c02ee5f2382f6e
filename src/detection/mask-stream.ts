import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Finding, Masker } from "../core/finding.ts";
import type { Transform } from "../http/transform.ts";

export interface MaskStreamOptions {
  readonly masker: Masker;
  /** How to reach the text; plain text unless said otherwise. */
  readonly lens?: (open: (channel: string) => Transform) => Transform;
  readonly report?: (finding: Finding) => void;
}

/** What was read and what was masked. */
export interface MaskStreamResult {
  readonly bytes: number;
  readonly findings: readonly Finding[];
}

/**
 * Copies a stream to another, masked by the same engine that masks traffic, in constant memory, and leaves that
 * other open. Rejects when either stream fails; what was held then is never written.
 */
export async function maskStream(
  from: Readable,
  to: NodeJS.WritableStream,
  { masker, lens = (open) => open("body"), report }: MaskStreamOptions,
): Promise<MaskStreamResult> {
  const findings: Finding[] = [];
  let bytes = 0;
  const transform = lens((channel) =>
    masker.open(channel, (finding) => {
      findings.push(finding);
      report?.(finding);
    }),
  );
  await pipeline(
    from,
    async function* (chunks: AsyncIterable<Uint8Array | string>) {
      for await (const chunk of chunks) {
        const data = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
        bytes += data.length;
        yield transform.write(data);
      }
      yield transform.flush();
    },
    to,
    // Where it is a socket that others write to after us, ending it would end it for them.
    { end: false },
  );
  return { bytes, findings };
}
