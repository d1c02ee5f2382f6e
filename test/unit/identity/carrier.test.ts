import { describe, expect, it } from "vitest";
import { Secret } from "../../../src/base/secret.ts";
import { appearsElsewhere, presentedToken } from "../../../src/identity/carrier.ts";
import { basic, bearer, head } from "./heads.ts";

const session = `ghs_${"aB3".repeat(13)}`;
const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln";

const accepted: readonly [string, readonly (readonly [string, string])[], string, string][] = [
  ["Bearer and a JWT", [["authorization", `Bearer ${jwt}`]], "signed", jwt],
  ["bearer in lower case", [["authorization", `bearer ${jwt}`]], "signed", jwt],
  ["token, as gh sends it", [["authorization", `token ${jwt}`]], "signed", jwt],
  [
    "a JWT behind ghs_, as the Copilot CLI wants it",
    [["authorization", `Bearer ghs_${jwt}`]],
    "signed",
    jwt,
  ],
  ["a session token", [["authorization", `Bearer ${session}`]], "session", session],
  [
    "Basic with the token as password",
    [["authorization", basic("x-access-token", session)]],
    "session",
    session,
  ],
  [
    "basic in lower case, any user",
    [["authorization", basic("octocat", jwt).replace("B", "b")]],
    "signed",
    jwt,
  ],
  ["Basic without a user", [["authorization", basic("", session)]], "session", session],
  ["Proxy-Authorization", [["proxy-authorization", basic("any", session)]], "session", session],
  [
    "Proxy-Authorization before a placeholder meant for the upstream",
    [
      ["authorization", "Bearer placeholder"],
      ["proxy-authorization", `Bearer ${session}`],
    ],
    "session",
    session,
  ],
  [
    "a Copilot handle",
    [["authorization", `Bearer tid=${session};exp=1;sku=x;chat=1:0`]],
    "session",
    session,
  ],
  [
    "several spaces after the scheme",
    [["authorization", `Bearer   ${session}`]],
    "session",
    session,
  ],
];

describe("presentedToken accepts", () => {
  it.each(accepted)("%s", (_, lines, kind, token) => {
    const presented = presentedToken(head(lines));
    expect(presented.ok && presented.value.kind).toBe(kind);
    expect(presented.ok && presented.value.token.reveal()).toBe(token);
  });
});

const refused: readonly [string, readonly (readonly [string, string])[], string][] = [
  ["no header", [], "missing"],
  ["an empty header", [["authorization", ""]], "missing"],
  [
    "two Authorization headers, even equal ones",
    [
      ["authorization", `Bearer ${session}`],
      ["authorization", `Bearer ${session}`],
    ],
    "ambiguous",
  ],
  [
    "two Proxy-Authorization headers",
    [
      ["proxy-authorization", `Bearer ${session}`],
      ["proxy-authorization", `Bearer ${session}`],
    ],
    "ambiguous",
  ],
  [
    "two tokens joined by a comma",
    [["authorization", `Bearer ${session}, Bearer ${session}`]],
    "ambiguous",
  ],
  ["a scheme alone", [["authorization", "Bearer"]], "malformed"],
  ["another scheme", [["authorization", `Digest ${session}`]], "scheme"],
  ["Basic that is not base64", [["authorization", "Basic ???"]], "malformed"],
  [
    "Basic without a colon",
    [["authorization", `Basic ${Buffer.from(session).toString("base64")}`]],
    "malformed",
  ],
  [
    "a token of GitHub's own kind that we did not make",
    [["authorization", `Bearer ghp_${"a".repeat(36)}`]],
    "malformed",
  ],
  ["a session token that is too short", [["authorization", "Bearer ghs_abc"]], "malformed"],
  ["an opaque token", [["authorization", "Bearer opaque"]], "malformed"],
  ["a JWT of five parts (JWE)", [["authorization", `Bearer ${jwt}.a.b`]], "malformed"],
  ["a header of 17 KiB", [["authorization", `Bearer ${"e".repeat(17_408)}`]], "too_large"],
];

describe("presentedToken refuses", () => {
  it.each(refused)("%s", (_, lines, code) => {
    const presented = presentedToken(head(lines));
    expect(presented).toEqual({ ok: false, error: code });
  });
});

describe("appearsElsewhere", () => {
  const token = new Secret(session);
  it("finds the token in the query, encoded or not, and in another header", () => {
    expect(appearsElsewhere(bearer(session, `/x?access_token=${session}`), token)).toBe(true);
    const encoded = session.replace("ghs_", "%67hs%5F");
    expect(appearsElsewhere(bearer(session, `/x?t=${encoded}`), token)).toBe(true);
    expect(appearsElsewhere(head([["x-forwarded-token", `a ${session}`]]), token)).toBe(true);
  });
  it("finds it in the headers by which other services take credentials", () => {
    for (const name of ["x-api-key", "api-key", "cookie", "private-token"])
      expect(appearsElsewhere(head([[name, session]]), token)).toBe(true);
  });
  it("leaves alone the headers that never reach an upstream", () => {
    const lines = [
      ["authorization", `Bearer ${session}`],
      ["proxy-authorization", `Bearer ${session}`],
    ] as const;
    expect(appearsElsewhere(head(lines), token)).toBe(false);
  });
});
