import type { OpenStream } from "../transport.ts";
import { status } from "./codes.ts";
import type { Health } from "./health.ts";
import type { RequestHead } from "./request.ts";
import type { Stream } from "./stream.ts";
import { millisecondsOf } from "./timeout.ts";

const path = "/envoy.service.ext_proc.v3.ExternalProcessor/Process";

/** Answers each stream that is opened: with the call of gRPC that it asks for, or with a word that it is none. */
export function answerWith(
  openStream: OpenStream,
  health: Health,
): (stream: Stream, head: RequestHead) => void {
  return (stream, head) => {
    if (head.method !== "POST") stream.refuse(405, "gRPC is asked by POST\n");
    else if (!/^application\/grpc($|[+;])/.test(head.contentType))
      stream.refuse(415, "gRPC alone is spoken here\n");
    else call(stream, head);
  };

  function call(stream: Stream, head: RequestHead): void {
    const listener = head.path === path ? openStream(stream) : health.answers(stream, head.path);
    if (listener === undefined) {
      stream.finish(status.unimplemented, "no such call");
      return;
    }
    const limit = head.timeout === undefined ? undefined : millisecondsOf(head.timeout);
    if (limit !== undefined) stream.limit(limit);
    stream.listen(listener);
  }
}
