import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readExchange, readRevocation } from "../../../src/api/oauth2-form.ts";
import { Secret } from "../../../src/base/secret.ts";
import { unseal } from "../../../src/credentials/seal.ts";
import { readToken } from "../../../src/http/authorization.ts";
import { appearsElsewhere, parseToken, presentedToken } from "../../../src/identity/carrier.ts";
import { readAssertion } from "../../../src/identity/saml-assertion.ts";
import { screenXml } from "../../../src/identity/saml-text.ts";
import { handleFor } from "../../../src/protocols/copilot-token/handle.ts";
import { head } from "../../unit/identity/heads.ts";

const session = fc.stringMatching(/^[A-Za-z0-9]{43}$/).map((text) => `ghs_${text}`);
const key = new Secret(Buffer.alloc(32).toString("base64"));

describe("readers of what strangers send", () => {
  it("never throw", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.anything(), (text, thing) => {
        readToken(text);
        parseToken(text);
        presentedToken(head([["authorization", text]]));
        appearsElsewhere(head([["x", text]], text), new Secret("x"));
        screenXml(text);
        readAssertion(thing, { idp: text, recipients: [text] });
        readExchange("application/x-www-form-urlencoded", text);
        readRevocation("application/x-www-form-urlencoded", text);
        unseal(text, text, key);
        handleFor(text, text);
      }),
    );
  });

  it("find a token in every way that clients carry it, and it alone", () => {
    fc.assert(
      fc.property(
        session,
        fc.string(),
        fc.constantFrom("Bearer", "bearer", "token"),
        (token, user, scheme) => {
          const name = user.replaceAll(":", "");
          const pair = Buffer.from(`${name}:${token}`, "utf8").toString("base64");
          for (const value of [
            `${scheme} ${token}`,
            `Basic ${pair}`,
            `${scheme} tid=${token};exp=1`,
          ]) {
            const found = presentedToken(head([["authorization", value]]));
            expect(found.ok && found.value.token.reveal()).toBe(token);
          }
        },
      ),
    );
  });

  it("find a token that strays anywhere into the path or another header", () => {
    fc.assert(
      fc.property(session, fc.webPath(), fc.string(), (token, path, text) => {
        const secret = new Secret(token);
        const lines = [["authorization", `Bearer ${token}`]] as const;
        expect(appearsElsewhere(head(lines, `${path}?t=${token}`), secret)).toBe(true);
        expect(appearsElsewhere(head([...lines, ["x-y", text + token]], "/"), secret)).toBe(true);
        expect(appearsElsewhere(head(lines, "/"), secret)).toBe(false);
      }),
    );
  });
});

describe("a handle for Copilot", () => {
  const secretText = fc.stringMatching(/^[a-f0-9]{32,64}$/);
  it("holds no signature and no id of the real token, and leads back to its session", () => {
    fc.assert(
      fc.property(
        session,
        secretText,
        secretText,
        fc.array(fc.string()),
        (token, id, signature, rest) => {
          const real = `tid=${id};exp=1800000000;${rest.join(";")}:${signature}`;
          const handle = handleFor(token, real);
          expect(handle).not.toContain(id);
          expect(handle).not.toContain(signature);
          const found = parseToken(handle);
          expect(found.ok && found.value.token.reveal()).toBe(token);
          expect(handleFor(token, handle)).toBe(handle);
        },
      ),
    );
  });
});
