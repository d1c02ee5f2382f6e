import { answerWith } from "../../src/extproc/http2/calls.ts";
import { Connection } from "../../src/extproc/http2/connection.ts";
import { Health } from "../../src/extproc/http2/health.ts";
import type { OpenStream, ProcessorStream } from "../../src/extproc/transport.ts";
import { type Frame, framesIn } from "./http2-wire.ts";

/** A connection without a socket: what is read and written is the test's. */
export interface RecordedConnection {
  readonly connection: Connection;
  /** What every stream was told, in order, each with its messages as text. */
  readonly told: readonly (readonly string[])[];
  readonly streams: readonly ProcessorStream[];
  /** Bytes that are said to wait, as if nobody read them. */
  waiting: number;
  readonly ended: boolean;
  readonly destroyed: boolean;
  /** What was told as a fault. */
  readonly faults: readonly unknown[];
  /** All that was written. */
  written(): readonly Frame[];
}

/** `act` answers each message; without it, each is answered with itself. */
export function recordedConnection(
  act: (stream: ProcessorStream, message: Buffer) => void = (stream, message) =>
    void stream.send(Buffer.from(message)),
): RecordedConnection {
  const pieces: Buffer[] = [];
  const told: string[][] = [];
  const streams: ProcessorStream[] = [];
  const open: OpenStream = (stream) => {
    const own: string[] = [];
    told.push(own);
    streams.push(stream);
    return {
      message: (bytes) => {
        own.push(`message ${bytes.toString("hex")}`);
        act(stream, bytes);
      },
      drained: () => void own.push("drained"),
      halfClosed: () => {
        own.push("halfClosed");
        stream.end();
      },
      handOver: () => void own.push("handOver"),
      closed: () => void own.push("closed"),
    };
  };
  const state = { waiting: 0, ended: false, destroyed: false };
  const wire = {
    get waiting() {
      return state.waiting;
    },
    write: (bytes: Buffer) => void pieces.push(Buffer.from(bytes)),
    end: () => {
      state.ended = true;
    },
    destroy: () => {
      state.destroyed = true;
    },
  };
  const faults: unknown[] = [];
  const connection = new Connection(wire, answerWith(open, new Health()), (error) =>
    faults.push(error),
  );
  return {
    connection,
    faults,
    told,
    streams,
    written: () => framesIn(Buffer.concat(pieces)),
    get waiting() {
      return state.waiting;
    },
    set waiting(bytes: number) {
      state.waiting = bytes;
    },
    get ended() {
      return state.ended;
    },
    get destroyed() {
      return state.destroyed;
    },
  };
}
