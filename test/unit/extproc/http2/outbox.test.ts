import { expect, test } from "vitest";
import { Outbox } from "../../../../src/extproc/http2/outbox.ts";

/** A socket that takes bytes when it is told to, and reads them only then. */
function slowWire() {
  const written: Buffer[] = [];
  const taken: Buffer[] = [];
  return {
    written,
    /** Everything that has left, as it was when it left. */
    get text(): string {
      return Buffer.concat(taken).toString("latin1");
    },
    leave(): void {
      for (const bytes of written.splice(0)) taken.push(Buffer.from(bytes));
    },
    get waiting(): number {
      return written.reduce((sum, { length }) => sum + length, 0);
    },
    write: (bytes: Buffer) => void written.push(bytes),
    end: () => undefined,
    destroy: () => undefined,
  };
}

test("what waits to leave is not written over, and room is used again once all has left", () => {
  const wire = slowWire();
  const outbox = new Outbox(wire);
  const places = new Set<ArrayBufferLike>();
  let expected = "";
  for (let turn = 0; turn < 200; turn += 1) {
    const mark = `<${turn}>`;
    const length = 900 + 37 * turn;
    outbox.data(1, Buffer.from(mark.repeat(Math.ceil(length / mark.length)).slice(0, length)));
    outbox.flush();
    for (const { buffer } of wire.written) places.add(buffer);
    expected += mark.repeat(Math.ceil(length / mark.length)).slice(0, length);
    // It stalls for twenty turns, twice.
    if (turn % 100 >= 20) wire.leave();
  }
  const sent = wire.text;
  let at = 0;
  let bodies = "";
  while (at < sent.length) {
    const length = Buffer.from(sent.slice(at, at + 3), "latin1").readUIntBE(0, 3);
    bodies += sent.slice(at + 9, at + 9 + length);
    at += 9 + length;
  }
  expect(bodies).toBe(expected);
  // Megabytes went through as many rooms as what waited at most needs, and one for either stall.
  expect(places.size).toBeLessThan(12);
});
