import { describe, expect, test } from "vitest";
import { isBlocked, post } from "../../../../src/approvals/notify/post-client.ts";
import { openReceiver } from "./receiver.ts";

const local = { privateHosts: ["127.0.0.1"] };

describe("posting to configured addresses", () => {
  test.each([
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://localhost/",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://169.254.169.254/latest/meta-data",
    "https://10.1.2.3/",
    "https://[fd00::1]/",
    "http://example.com/",
    "file:///etc/passwd",
  ])("never posts to %s", async (url) => {
    await expect(post(new URL(url), {}, "{}")).rejects.toThrow(/not a public address|not an https/);
  });

  test.each(["8.8.8.8", "140.82.112.3", "2606:4700::1111"])("%s is a public address", (address) => {
    expect(isBlocked(address)).toBe(false);
  });

  test("follows no redirect", async () => {
    const inner = await openReceiver(() => ({ status: 204 }));
    const outer = await openReceiver(() => ({ status: 302, headers: { location: inner.url } }));
    expect(await post(new URL(outer.url), {}, "{}", local)).toEqual({ status: 302 });
    expect(inner.received).toHaveLength(0);
    outer.close();
    inner.close();
  });
});
