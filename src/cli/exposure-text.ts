import { z } from "zod";
import { visible } from "../approvals/visible.ts";

const counts = z.record(z.string(), z.number());
const exposure = z.object({
  exchanges: z.number(),
  secrets: z.array(
    z.object({
      rule: z.string(),
      fingerprint: z.string(),
      seen: z.number(),
      masked: z.number(),
      refused: z.number(),
      records: z.array(z.string()),
    }),
  ),
  more: counts,
  letThrough: counts,
});

/** An exposure report in lines that are safe for a terminal. */
export function exposureText(body: unknown): readonly string[] {
  const { exchanges, secrets, more, letThrough } = exposure.parse(body);
  return [
    `${exchanges} exchanges, ${secrets.length} secrets met`,
    ...secrets.map(
      ({ rule, fingerprint, seen, masked, refused, records }) =>
        `  ${rule} ${fingerprint}: seen ${seen}, masked ${masked}, refused ${refused}; exchanges ${records.join(", ")}`,
    ),
    ...Object.entries(more).map(([rule, count]) => `  ${rule}: ${count} more, not told one by one`),
    ...Object.entries(letThrough).map(
      ([reason, bytes]) => `  let through unread (${reason}): ${bytes} bytes`,
    ),
  ].map(visible);
}
