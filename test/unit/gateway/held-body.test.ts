import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { err, ok } from "../../../src/base/result.ts";
import { HeldBody } from "../../../src/gateway/held-body.ts";
import type { KeptBody, Reading, RequestParser } from "../../../src/protocols/protocol.ts";
import { fileSpools } from "../../../src/spool/file.ts";
import { anOperation } from "../../support/facts.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

const asked = ok([anOperation()] as const);
const more: Reading = { kind: "more" };

/** Reads until it has seen `enough` bytes, or the end; `keeps`: it keeps the body itself. */
function reader(enough: number, keeps = false) {
  const seen: Uint8Array[] = [];
  const all = (): Buffer => Buffer.concat(seen);
  const kept: KeptBody = {
    get size() {
      return all().length;
    },
    read: (offset, length) => all().subarray(offset, offset + length),
  };
  const parser: RequestParser = {
    begin: () => (enough === 0 ? { kind: "read", operations: asked } : more),
    write: (chunk) => {
      seen.push(chunk);
      return all().length >= enough ? { kind: "read", operations: asked } : more;
    },
    end: () => (all().length >= enough ? asked : err("too short")),
    refuse: () => ({ status: 403, headers: {}, body: "" }),
    ...(keeps ? { kept } : {}),
  };
  return { parser, read: () => all().toString() };
}

function hold(limit = 1000): HeldBody {
  return new HeldBody(fileSpools(folder.path, 64)(), limit);
}

async function rest(body: HeldBody): Promise<string> {
  const taken: Uint8Array[] = [];
  for (let chunk = await body.take(); chunk !== undefined; chunk = await body.take())
    taken.push(chunk);
  return Buffer.concat(taken).toString();
}

const text = (length: number): Buffer => Buffer.alloc(length, "0123456789");

describe("a held body", () => {
  test.each([false, true])(
    "is read as far as need be and given back whole (kept: %s)",
    async (keeps) => {
      const body = hold();
      const { parser, read } = reader(15, keeps);
      await body.push(text(10));
      const reading = body.read(parser);
      await body.push(text(10));
      expect(await reading).toEqual(asked);
      await body.push(text(10));
      body.finish("body");
      expect(read().length).toBeGreaterThanOrEqual(15);
      expect(await rest(body)).toBe("0123456789".repeat(3));
      expect(body.end).toBe("body");
      body.close();
    },
  );

  test("needs no body where the head says all", async () => {
    const body = hold();
    expect(await body.read(reader(0).parser)).toEqual(asked);
    body.close();
  });

  test("that ends before it can be told is malformed", async () => {
    const body = hold();
    await body.push(text(5));
    body.finish("body");
    expect(await body.read(reader(6).parser)).toEqual(
      err({ code: "malformed", message: "too short" }),
    );
    body.close();
  });

  test("that must be judged in memory has a largest size; one that its reader keeps has none", async () => {
    for (const [keeps, expected] of [
      [false, { ok: false, error: { code: "too_large" } }],
      [true, { ok: true }],
    ] as const) {
      const body = hold(20);
      const reading = body.read(reader(30, keeps).parser);
      for (let count = 0; count < 3; count++) await body.push(text(10));
      expect(await reading).toMatchObject(expected);
      body.close();
    }
  });

  test("takes no more than a little before anybody asks for it", async () => {
    const body = hold(10_000_000);
    expect(body.push(text(1_000_000))).toBeInstanceOf(Promise);
    let taken = false;
    const pushed = body.push(text(100_000))?.then(() => {
      taken = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toBe(false);
    const reading = body.read(reader(1_100_000).parser);
    expect(await reading).toEqual(asked);
    await pushed;
    expect(taken).toBe(true);
    body.close();
  });

  test("gives the bytes that were judged", async () => {
    const body = hold();
    await body.push(text(10));
    await body.read(reader(10).parser);
    expect(Buffer.from(body.judged()).toString()).toBe("0123456789");
    body.close();
  });
});
