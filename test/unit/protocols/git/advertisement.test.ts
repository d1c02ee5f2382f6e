import fc from "fast-check";
import { expect, it } from "vitest";
import { concat, nothing } from "../../../../src/http/transform.ts";
import { editAdvertisement } from "../../../../src/protocols/git/advertisement.ts";
import { flushPacket, packet } from "../../../../src/protocols/git/pkt-line.ts";

const id = "a".repeat(40);
const advertised = (capabilities: string) =>
  concat([
    packet("# service=git-receive-pack\n"),
    flushPacket,
    packet(`${id} refs/heads/main\0${capabilities}\n`),
    packet(`${id} refs/heads/other\n`),
    flushPacket,
  ]);

function edit(bytes: Uint8Array, size: number): Uint8Array {
  const transform = editAdvertisement();
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size)
    out.push(transform.write(bytes.subarray(at, at + size)));
  return concat([...out, transform.flush()]);
}

it("asks for packs that are whole and for no signatures, however it is cut", () => {
  const before = advertised(
    "report-status delete-refs push-cert=1234-abc side-band-64k agent=git/2.51",
  );
  const after = advertised("report-status delete-refs side-band-64k agent=git/2.51 no-thin");
  for (const size of [1, 3, 50, 1000]) expect(edit(before, size)).toEqual(after);
  expect(edit(after, 7)).toEqual(after);
});

it("an empty repository has capabilities too", () => {
  const line = (capabilities: string) =>
    concat([
      flushPacket,
      packet(`${"0".repeat(40)} capabilities^{}\0${capabilities}\n`),
      flushPacket,
    ]);
  expect(edit(line("report-status"), 5)).toEqual(line("report-status no-thin"));
});

it("what is no advertisement goes by as it is", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }).filter((bytes) => !bytes.includes(0)),
      fc.integer({ min: 1, max: 50 }),
      (bytes, size) => {
        expect(edit(bytes, size)).toEqual(bytes.length === 0 ? nothing : bytes);
      },
    ),
  );
});
