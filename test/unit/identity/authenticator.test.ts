import { describe, expect, it } from "vitest";
import { err, ok } from "../../../src/base/result.ts";
import { Secret } from "../../../src/base/secret.ts";
import type { SessionId } from "../../../src/core/ids.ts";
import { createAuthenticator } from "../../../src/identity/authenticator.ts";
import { challenge } from "../../../src/identity/challenge.ts";
import { failure } from "../../../src/identity/failure.ts";
import type { Identity, Revocation } from "../../../src/identity/identity.ts";
import type { SessionStore } from "../../../src/identity/sessions/store.ts";
import { grant } from "./grants.ts";
import { basic, bearer, head } from "./heads.ts";

const session = `ghs_${"aB3".repeat(13)}`;
const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln";

/** A store whose every look-up fails, as when Redis is gone. */
const gone: SessionStore = {
  save: () => Promise.reject(new Error("gone")),
  find: () => Promise.reject(new Error("gone")),
  list: () => Promise.reject(new Error("gone")),
  revokeGrant: () => Promise.reject(new Error("gone")),
  revokeSession: () => Promise.reject(new Error("gone")),
  isRevoked: () => Promise.reject(new Error("gone")),
  once: () => Promise.reject(new Error("gone")),
  follow: () => () => {},
  silentFor: () => 0,
  close: async () => {},
};

function identity(over: Partial<Identity> = {}): Identity {
  const { principal, session: of, expiresAt, id } = grant();
  return { principal, session: of, expiresAt, token: new Secret(session), grant: id, ...over };
}

describe("the authenticator", () => {
  it("knows nobody while sessions cannot be looked up, and says that it is not the caller's fault", async () => {
    const problems: unknown[] = [];
    const issuers = { verify: async () => ok(identity()) };
    const onProblem = (error: unknown) => void problems.push(error);
    const authenticator = createAuthenticator({ issuers, sessions: gone, onProblem });
    for (const token of [session, jwt])
      expect(await authenticator.authenticate(bearer(token))).toEqual(
        err(failure("store_unavailable")),
      );
    expect(problems).toHaveLength(2);
    expect(failure("store_unavailable").refusal).toBe("unavailable");
    expect(failure("signature").refusal).toBe("unauthenticated");
  });

  it("calls back those whom a revocation ends, once, also those that began to watch just after it", () => {
    let tell: (revocation: Revocation) => void = () => {};
    const follow: SessionStore["follow"] = (told) => {
      tell = told;
      return () => {};
    };
    const issuers = { verify: async () => err(failure("missing")) };
    const { onRevoked } = createAuthenticator({ issuers, sessions: { ...gone, follow } });
    const [mine, other] = [identity(), identity()];
    const called: string[] = [];
    onRevoked(mine, () => called.push("mine"));
    onRevoked({ ...mine, grant: other.grant ?? grant().id }, () => called.push("same session"));
    onRevoked(other, () => called.push("other"));
    onRevoked(mine, () => called.push("stopped"))();
    if (mine.grant !== undefined) tell({ kind: "grant", grant: mine.grant });
    expect(called).toEqual(["mine"]);
    tell({ kind: "session", session: mine.session });
    tell({ kind: "session", session: mine.session });
    expect(called).toEqual(["mine", "same session"]);
    const late = new Promise<void>((resolve) => {
      onRevoked(mine, resolve);
    });
    tell({ kind: "session", session: "ses_nobody" as SessionId });
    return late;
  });
});

describe("the challenge", () => {
  it.each([
    [
      "git's first request hears of Basic alone",
      head([["user-agent", "git/2.39.5"]]),
      "missing",
      /^Basic realm="Sallyport", charset="UTF-8"$/,
    ],
    [
      "whoever tried Basic hears of it again",
      head([["authorization", basic("x", "y")]]),
      "malformed",
      /^Basic /,
    ],
    [
      "others without a token hear of both",
      head([["user-agent", "curl/8"]]),
      "missing",
      /^Bearer .*, Basic /,
    ],
    [
      "a bad token hears why",
      bearer("x"),
      "expired",
      /^Bearer .*error="invalid_token", error_description="The token has expired\."$/,
    ],
  ] as const)("%s", (_, request, code, value) => {
    expect(challenge(failure(code), request)).toMatch(value);
  });
});
