import { expect, test } from "vitest";
import { framed } from "../../../support/grpc-messages.ts";
import { frame, hello, open } from "../../../support/http2-wire.ts";
import { recordedConnection } from "../../../support/recorded-connection.ts";

test("what comes is read a frame at a time where there is no time, and nothing of it is lost", () => {
  const { connection, told } = recordedConnection();
  const said = (id: number) => Buffer.from(`of ${id}`);
  const ids = [1, 3, 5];
  const frames = ids.flatMap((id) => [open(id), frame("data", id, framed([said(id)]))]);
  const all = Buffer.concat([hello, ...frames]);
  // The last frame is cut: what there is of it is taken, and the rest comes with the next piece.
  const [first, last] = [all.subarray(0, -3), all.subarray(-3)];
  let reads = 0;
  for (let left: Buffer = first; left.length > 0; reads++) left = connection.read(left, 0);
  expect(reads).toBeGreaterThanOrEqual(frames.length);
  expect(told).toHaveLength(ids.length);
  expect(told.flat()).toHaveLength(ids.length - 1);
  expect(connection.read(last, 0)).toHaveLength(0);
  expect(told).toEqual(ids.map((id) => [`message ${said(id).toString("hex")}`]));
});
