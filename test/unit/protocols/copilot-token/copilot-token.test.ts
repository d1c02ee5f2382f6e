import { describe, expect, it } from "vitest";
import type { Target } from "../../../../src/core/target.ts";
import { Fields } from "../../../../src/http/fields.ts";
import type { RequestHead, ResponseHead } from "../../../../src/http/message.ts";
import { parsePath } from "../../../../src/http/path.ts";
import { nothing, passThrough, type Transform } from "../../../../src/http/transform.ts";
import { parseToken } from "../../../../src/identity/carrier.ts";
import { handleFor } from "../../../../src/protocols/copilot-token/handle.ts";
import { copilotToken } from "../../../../src/protocols/copilot-token/index.ts";

const session = `ghs_${"aB3".repeat(13)}`;
const signature = "9c0ffee".repeat(9);
const real = `tid=5ca1ab1e;exp=1800000000;sku=copilot_for_business_seat;proxy-ep=proxy.business.githubcopilot.com;st=dotcom;chat=1;8kp=1;ip=203.0.113.9;asn=AS64500:${signature}`;
const document = {
  token: real,
  expires_at: 1_800_000_000,
  refresh_in: 1500,
  endpoints: {
    api: "https://api.business.githubcopilot.com",
    proxy: "https://proxy.business.githubcopilot.com",
    "origin-tracker": "https://origin-tracker.business.githubcopilot.com",
    telemetry: "https://telemetry.business.githubcopilot.com",
  },
  tracking: { note: `again ${real}`, list: ["secret"] },
};

function request(
  path: string,
  authority: string,
  authorization = `Bearer ${session}`,
): RequestHead {
  const fields = new Fields([["authorization", authorization]]);
  return { method: "GET", scheme: "https", authority, path, fields };
}
const forward = request("/copilot_internal/v2/token", "api.github.com");
const reverse = request("/api/v3/copilot_internal/v2/token", "gateway.test:8443");
const json = { status: 200, fields: new Fields([["content-type", "application/json"]]) };

function run(transform: Transform | undefined, body: unknown, size = 7): Record<string, unknown> {
  const bytes = new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size)
    out.push(transform?.write(bytes.subarray(at, at + size)) ?? nothing);
  out.push(transform?.flush() ?? nothing);
  return JSON.parse(Buffer.concat(out).toString("utf8")) as Record<string, unknown>;
}
const protocol = copilotToken(["api.githubcopilot.com"]);

/** The response's lens with nothing to mask. */
function adjusted(head: ResponseHead, from: RequestHead): Transform {
  const lens = protocol.responseLens?.(head, from);
  if (lens === undefined || lens === "opaque") throw new Error("no lens");
  return lens(() => passThrough);
}

describe("the answer that holds an inference token", () => {
  it("reaches the runner with a handle in its place, and no part of the token's secret", () => {
    const rewritten = run(adjusted(json, forward), document);
    const text = JSON.stringify(rewritten);
    for (const part of ["5ca1ab1e", signature, "203.0.113.9", "AS64500", "business.githubcopilot"])
      expect(text).not.toContain(part);
    expect(rewritten["token"]).toBe(
      `tid=${session};exp=1800000000;sku=copilot_for_business_seat;st=dotcom;chat=1;8kp=1;`,
    );
    expect(rewritten["refresh_in"]).toBe(1500);
  });

  it("gives a handle by which the session is known again, whatever the runner had shown", () => {
    for (const shown of [
      `Bearer ${session}`,
      `token ${session}`,
      `Basic ${btoa(`x:${session}`)}`,
    ]) {
      const answer = run(
        adjusted(json, request("/copilot_internal/v2/token", "h", shown)),
        document,
      );
      const presented = parseToken(String(answer["token"]));
      expect(presented.ok && presented.value.token.reveal()).toBe(session);
    }
  });

  it("points to the gateway: its own host in the reverse layout, a connection's host in the forward one", () => {
    expect(run(adjusted(json, reverse), document)["endpoints"]).toEqual({
      api: "https://gateway.test:8443/copilot",
      proxy: "https://gateway.test:8443/copilot",
      "origin-tracker": "https://gateway.test:8443/copilot",
      telemetry: "https://gateway.test:8443/copilot",
    });
    const known = { endpoints: { api: "https://api.githubcopilot.com", proxy: "nonsense" } };
    expect(run(adjusted(json, forward), known)["endpoints"]).toEqual({
      api: "https://api.githubcopilot.com",
      proxy: "https://api.githubcopilot.com",
    });
  });

  it("is rewritten by the lens alone too, which masks every other string", () => {
    const shout = (): Transform => ({
      write: (chunk) =>
        new TextEncoder().encode(new TextDecoder().decode(chunk).replace("secret", "[masked]")),
      flush: () => nothing,
    });
    const lens = protocol.responseLens?.(json, forward);
    if (lens === undefined || lens === "opaque") throw new Error("no lens");
    const masked = run(lens(shout), document);
    expect(masked["token"]).toMatch(new RegExp(`^tid=${session};`));
    expect(masked["tracking"]).toMatchObject({ list: ["[masked]"] });
  });

  it("is the same however often and in whatever pieces it is rewritten", () => {
    const adjust = () => adjusted(json, forward);
    const once = run(adjust(), document);
    expect(run(adjust(), once)).toEqual(once);
    for (const size of [1, 2, 64, 4096]) expect(run(adjust(), document, size)).toEqual(once);
  });

  it.each([
    ["is no JSON", "tid=5ca1ab1e;exp=1:abc"],
    ["is a list", JSON.stringify([real])],
    ["is too large", JSON.stringify({ token: real, pad: "x".repeat(1024 * 1024) })],
    ["is cut short", JSON.stringify(document).slice(0, -2)],
  ])("is withheld when it %s", (_, body) => {
    expect(run(adjusted(json, forward), body, 65_536)).toEqual({});
  });

  it("is left alone when it is an error", () => {
    expect(run(adjusted({ ...json, status: 404 }, forward), document)).toEqual(document);
  });
});

describe("handleFor", () => {
  it("keeps no field that it does not know to be harmless", () => {
    expect(handleFor(session, `tid=a;exp=1;key=${"x1".repeat(40)};sig=AbCd;ok=1:z`)).toBe(
      `tid=${session};exp=1;ok=1;`,
    );
    expect(handleFor(session, "an opaque token")).toBe(`tid=${session};`);
  });
  it("does not put a handle into a handle", () => {
    expect(handleFor(`tid=${session};exp=1;`, real)).toMatch(
      new RegExp(`^tid=${session};exp=1800000000;`),
    );
  });
});

describe("recognises", () => {
  const target = (path: string, kind: Target["connection"]["kind"] = "github-api"): Target => {
    const parsed = parsePath(path);
    if (!parsed.ok) throw new Error(parsed.error);
    const connection = { name: "c", kind, hosts: [], upstream: new URL("https://api.github.com") };
    return { connection, path: parsed.value };
  };
  it.each([
    ["/copilot_internal/v2/token", true],
    ["/copilot_internal/user", true],
    ["/COPILOT_INTERNAL/v2/token", true],
    ["/api/v3/copilot_internal/user", true],
    ["/repos/a/copilot_internal", false],
    ["/user", false],
  ])("%s: %s", (path, yes) => {
    expect(protocol.recognises(forward, target(path))).toBe(yes);
    expect(protocol.recognises(forward, target(path, "copilot"))).toBe(false);
  });
});
