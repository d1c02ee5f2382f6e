import type { AuthenticationCode } from "../../../src/identity/failure.ts";
import type { BadIdentity } from "./bad-identities.ts";
import { basic } from "./heads.ts";

/** Ways to carry a good id token or session token that must not count. */
export function carriers(good: string, session: string): readonly BadIdentity[] {
  const one = (name: string, code: AuthenticationCode, value: string): BadIdentity => ({
    name,
    code,
    headers: [["authorization", value]],
  });
  const twice = (header: string, a: string, b: string) =>
    [
      [header, a],
      [header, b],
    ] as const;
  return [
    { name: "nothing", headers: [], code: "missing" },
    one("an empty header", "missing", ""),
    {
      name: "the same header twice",
      headers: twice("authorization", `Bearer ${good}`, `Bearer ${good}`),
      code: "ambiguous",
    },
    {
      name: "a good header and a bad one",
      headers: twice("authorization", `Bearer ${good}`, "Bearer x"),
      code: "ambiguous",
    },
    {
      name: "two schemes",
      headers: twice("authorization", basic("x", session), `Bearer ${session}`),
      code: "ambiguous",
    },
    {
      name: "two headers for the proxy",
      headers: twice("proxy-authorization", basic("x", session), basic("x", session)),
      code: "ambiguous",
    },
    {
      name: "a bad header for the proxy beside a good one",
      headers: [
        ["proxy-authorization", "Bearer x"],
        ["authorization", `Bearer ${good}`],
      ],
      code: "malformed",
    },
    { name: "only an API key", headers: [["x-api-key", session]], code: "missing" },
    { name: "only a cookie", headers: [["cookie", `session=${session}`]], code: "missing" },
    {
      name: "the token in the query too",
      headers: [["authorization", `Bearer ${session}`]],
      path: `/api/v3/user?access_token=${session}`,
      code: "elsewhere",
    },
    {
      name: "the id token in the path too",
      headers: [["authorization", `Bearer ${good}`]],
      path: `/api/v3/${good}`,
      code: "elsewhere",
    },
    {
      name: "the token in another header too",
      headers: [
        ["authorization", `Bearer ${session}`],
        ["x-session", session],
      ],
      code: "elsewhere",
    },
    one("two tokens in one header", "ambiguous", `Bearer ${good}, Bearer ${good}`),
    one("a scheme alone", "malformed", "Bearer"),
    one("a token alone", "malformed", good),
    one("Digest", "scheme", `Digest ${good}`),
    one("Negotiate", "scheme", "Negotiate YIIabc"),
    one("Basic that is no base64", "malformed", "Basic %%%"),
    one("Basic without a password", "malformed", basic(session, "")),
    one("Basic without a colon", "malformed", `Basic ${Buffer.from(session).toString("base64")}`),
    one("a password with a line break", "malformed", basic("x", `${session}\n`)),
    one("a header of 20 KiB", "too_large", `Bearer ${good}${"a".repeat(20_000)}`),
    one("a personal access token", "malformed", `Bearer ${"gh"}p_${"a".repeat(36)}`),
    one("a fine-grained token", "malformed", `token ${"github"}_pat_${"a".repeat(60)}`),
    one("a word", "malformed", "Bearer hunter2"),
    one("a token with a NUL", "malformed", `Bearer ${good}\u0000`),
  ];
}
