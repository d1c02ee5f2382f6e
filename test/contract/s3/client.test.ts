import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../../src/base/secret.ts";
import { s3Client } from "../../../src/s3/client.ts";
import { s3Of, startS3, type TestS3 } from "../../support/s3.ts";

let s3: TestS3;
beforeEach(async () => {
  s3 = await startS3(2);
});
afterEach(() => s3.stop());

const bytes = Buffer.from("one\0two");

describe("a bucket", () => {
  it("gives back what was put in, under every kind of key", async () => {
    const store = s3Of(s3, "a b/");
    for (const key of ["x", "tile/0/x001/234.p/5", "plus+ and (brackets)!*'", "ü/&<>"]) {
      expect(await store.put(key, bytes)).toMatchObject({ ok: true });
      expect((await store.get(key))?.body.equals(bytes)).toBe(true);
    }
    expect([...s3.objects.keys()].every((key) => key.startsWith("a b/"))).toBe(true);
    expect(await store.get("nothing")).toBeUndefined();
  });

  it("writes only where its condition holds", async () => {
    const store = s3Of(s3);
    const first = await store.put("key", bytes, { kind: "absent" });
    expect(first.ok).toBe(true);
    expect(await store.put("key", Buffer.from("2"), { kind: "absent" })).toEqual({
      ok: false,
      error: "conflict",
    });
    const etag = first.ok ? first.value : "";
    expect((await store.put("key", Buffer.from("3"), { kind: "unchanged", etag })).ok).toBe(true);
    expect((await store.put("key", Buffer.from("4"), { kind: "unchanged", etag })).ok).toBe(false);
    expect((await store.put("gone", bytes, { kind: "unchanged", etag })).ok).toBe(false);
    expect((await store.get("key"))?.body.toString()).toBe("3");
  });

  it("reads ranges, up to the end and beyond it", async () => {
    const store = s3Of(s3);
    await store.put("key", bytes);
    expect((await store.range("key", 4, 2))?.toString()).toBe("tw");
    expect((await store.range("key", 4, 99))?.toString()).toBe("two");
    expect((await store.range("key", 99, 1))?.length).toBe(0);
    expect(await store.range("gone", 0, 1)).toBeUndefined();
  });

  it("lists what begins with a text, over several pages, and removes", async () => {
    const store = s3Of(s3, "log/");
    for (const key of ["a/1", "a/2&", "a/3", "a/4", "a/5", "b/1"]) await store.put(key, bytes);
    const keys: string[] = [];
    for await (const key of store.list("a/")) keys.push(key);
    expect(keys).toEqual(["a/1", "a/2&", "a/3", "a/4", "a/5"]);
    await store.remove("a/1");
    await store.remove("a/1");
    expect(await store.get("a/1")).toBeUndefined();
  });

  it("rejects, and never with a secret, when the service will not or cannot", async () => {
    const stranger = s3Client({ ...s3.options, secretAccessKey: new Secret("another") });
    await expect(stranger.get("key")).rejects.toThrow("SignatureDoesNotMatch");
    await expect(s3Client({ ...s3.options, bucket: "none" }).get("key")).rejects.toThrow("bucket");
    s3.mood = "slow down";
    await expect(s3Of(s3).put("key", bytes)).rejects.toThrow("SlowDown");
    s3.mood = "down";
    await expect(s3Of(s3).get("key")).rejects.toThrow();
  });
});
