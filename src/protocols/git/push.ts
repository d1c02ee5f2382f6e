import type { RequestHead } from "../../http/message.ts";
import { more, type RequestParser } from "../protocol.ts";
import { type PushPorts, PushReading } from "./push-reading.ts";
import { refusePush } from "./refuse.ts";

/**
 * Reads a push: one operation per command. With ports it takes the pack too, so that `resolve` can tell what the
 * commands change and whether they leave history behind; without, they count as changing anything.
 */
export function pushParser(
  head: RequestHead,
  resource: string,
  ports: PushPorts | undefined,
): RequestParser {
  const reading = new PushReading(head, resource, ports);
  const { kept } = reading;
  return {
    begin: () => more,
    write: (chunk) => reading.write(chunk),
    end: () => reading.end(),
    resolve: () => reading.resolve(),
    changes: async () => reading.changes(),
    cargo: () => reading.cargo(),
    judged: () => reading.judged(),
    refuse: (refusal) => refusePush(refusal, reading.head),
    ...(kept === undefined ? {} : { kept }),
    close: () => reading.close(),
  };
}
