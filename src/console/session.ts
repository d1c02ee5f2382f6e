import { randomBytes } from "node:crypto";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Clock } from "../base/clock.ts";
import type { Principal } from "../core/principal.ts";
import type { Seal } from "./seal.ts";

const lifetime = 8 * 3600_000;
const longestTrip = 600_000;
/** Browsers keep no larger cookie. */
const longestCookie = 4000;

interface Session {
  readonly id: string;
  readonly token: string;
  readonly until: number;
}

/** Who is signed in, in a sealed cookie that scripts cannot read and other sites cannot use. */
export interface Sessions {
  /** Remembers the token for 8 hours at most; false where it is too long to be kept. */
  begin(c: Context, token: string): boolean;
  end(c: Context): void;
  /** Keeps a text, sealed, while the browser is away at an identity provider: ten minutes at most. */
  setOut(c: Context, text: string): void;
  /** The text of a trip from which the browser comes back, once. */
  comeBack(c: Context): string | undefined;
  /** What the caller shows: their own header (Envoy's oauth2 filter sets it), else the cookie's token. */
  shown(c: Context): string | undefined;
  /** The code that every form of this session must carry. */
  formCode(c: Context): string;
  /** Whether a form comes from a page of ours, made for this session. */
  fromUs(c: Context, code: unknown): boolean;
}

export function createSessions(seal: Seal, clock: Clock, publicUrl: URL): Sessions {
  const secure = publicUrl.protocol === "https:";
  const name = secure ? "__Host-sallyport" : "sallyport";
  // Lax, not Strict: whoever follows the link of a notification must arrive signed in. Forms carry a code besides.
  const attributes = { httpOnly: true, secure, sameSite: "Lax", path: "/" } as const;
  const read = (c: Context): Session | undefined => {
    const text = seal.open(getCookie(c, name) ?? "");
    const session = text === undefined ? undefined : (JSON.parse(text) as Session);
    return session?.token !== undefined && clock.now() < session.until ? session : undefined;
  };
  // Bound to the person too, for those whom Envoy signs in and who have no session of ours.
  const bound = (c: Context) => {
    const principal = c.get("principal") as Principal | undefined;
    return `form ${read(c)?.id ?? ""} ${principal?.id ?? ""}`;
  };
  return {
    begin(c, token) {
      const id = randomBytes(16).toString("base64url");
      const session: Session = { id, token, until: clock.now() + lifetime };
      const sealed = seal.close(JSON.stringify(session));
      if (sealed.length > longestCookie) return false;
      setCookie(c, name, sealed, { ...attributes, maxAge: lifetime / 1000 });
      return true;
    },
    end: (c) => {
      deleteCookie(c, name, attributes);
    },
    setOut(c, text) {
      const trip = JSON.stringify({ text, until: clock.now() + longestTrip });
      setCookie(c, `${name}-trip`, seal.close(trip), { ...attributes, maxAge: longestTrip / 1000 });
    },
    comeBack(c) {
      const sealed = seal.open(getCookie(c, `${name}-trip`) ?? "");
      if (sealed === undefined) return undefined;
      deleteCookie(c, `${name}-trip`, attributes);
      const trip = JSON.parse(sealed) as { readonly text?: string; readonly until: number };
      return clock.now() < trip.until ? trip.text : undefined;
    },
    shown(c) {
      const header = c.req.header("authorization");
      if (header !== undefined) return header;
      const session = read(c);
      return session === undefined ? undefined : `Bearer ${session.token}`;
    },
    formCode: (c) => seal.mark(bound(c)),
    fromUs: (c, code) =>
      sameOrigin(c, publicUrl) && typeof code === "string" && seal.marked(bound(c), code),
  };
}

/** Whether the browser says that a request comes from a page of this site. One that says nothing is not believed. */
export function sameOrigin(c: Context, publicUrl: URL): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin";
  return c.req.header("origin") === publicUrl.origin;
}
