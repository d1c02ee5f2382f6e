import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { replacing } from "../../../src/detection/masker.ts";
import { type Kept, SessionReversal } from "../../../src/detection/reversible/session.ts";
import { defaultRules } from "../../../src/detection/rules/index.ts";
import { sample } from "../../../src/detection/rules/sample.ts";
import { channels } from "../../../src/gateway/channels.ts";
import { chatLens } from "../../../src/protocols/chat/lens.ts";
import { every, fingerprint, masker, rules, send } from "../http/lens-fixture.ts";

const examples = defaultRules.flatMap((rule) => rule.examples?.secrets ?? []);
const pieces = fc.oneof(
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
  { weight: 4, arbitrary: fc.constantFrom(...examples) },
  fc.constantFrom(
    "masked-",
    "masked-0123456789abcdef0123",
    "mask",
    "glpat-masked-0123456789abcdef0123",
    'password: "masked-0123456789abcdef0123"',
    "🜚é",
    "-----BEGIN PRIVATE KEY-----\n",
  ),
);
const text = fc.array(pieces, { maxLength: 10 }).map((parts) => Buffer.from(parts.join(" ")));
const cuts = fc.array(fc.nat(), { maxLength: 40 });

function opened(
  kept: Kept = new Map(),
): SessionReversal & { readonly saved: Map<string, Uint8Array> } {
  const saved = new Map<string, Uint8Array>(kept);
  const save = async (found: Kept): Promise<boolean> => {
    for (const [name, value] of found) saved.set(name, value);
    return true;
  };
  return Object.assign(
    new SessionReversal({ fingerprint, kept, save, most: { values: 4096, bytes: 1 << 20 } }),
    { saved },
  );
}

function hide(session: SessionReversal, body: Uint8Array, at: readonly number[] = []): Buffer {
  const replace = replacing(masker, rules, { fingerprint, replace: session.replace });
  return send(
    replace.open("0", () => undefined),
    body,
    at,
  );
}

/** What an ordinary mark stands for is not to be had back: too short, too long, or cut within a character. */
const marked = /\[REDACTED:/;

describe("what is hidden reversibly", () => {
  it("comes back as it was, however both are cut", () => {
    let whole = 0;
    fc.assert(
      fc.property(text, cuts, cuts, (body, hiding, restoring) => {
        const session = opened();
        const hidden = hide(session, body, hiding);
        for (const cut of [every(1, body), every(3, body), every(17, body)])
          expect(hide(opened(), body, cut).equals(hidden)).toBe(true);
        if (marked.test(hidden.toString("latin1"))) return;
        if (!hidden.equals(body)) whole += 1;
        for (const cut of [restoring, every(1, hidden), every(3, hidden), every(17, hidden)])
          expect(send(session.restore(), hidden, cut).equals(body)).toBe(true);
      }),
      { numRuns: 200 },
    );
    expect(whole).toBeGreaterThan(50);
  });

  it("comes back in JSON, and in JSON within JSON, wherever it stands", () => {
    const value = fc.oneof(
      pieces,
      fc.constantFrom(...examples).map((example) => JSON.stringify({ password: example })),
    );
    const message = fc.record({ content: value, arguments: fc.json(), password: value });
    let whole = 0;
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 4 }),
        cuts,
        cuts,
        (messages, hiding, restoring) => {
          const session = opened();
          const replace = replacing(masker, rules, { fingerprint, replace: session.replace });
          const body = Buffer.from(JSON.stringify({ messages }));
          const open = channels([replace], () => undefined);
          const hidden = send(chatLens(open), body, hiding);
          expect(send(chatLens(open), body).equals(hidden)).toBe(true);
          if (marked.test(hidden.toString("latin1"))) return;
          if (!hidden.equals(body)) whole += 1;
          const back = send(
            chatLens(() => session.restore()),
            hidden,
            restoring,
          );
          expect(JSON.parse(back.toString())).toEqual({ messages });
        },
      ),
      { numRuns: 200 },
    );
    expect(whole).toBeGreaterThan(50);
  });

  it("is nothing that any rule would mask: placeholders are safe behind every key and prefix", () => {
    for (const example of examples) {
      const session = opened();
      const hidden = hide(session, Buffer.from(example));
      expect(hide(opened(), hidden).toString(), example).toBe(hidden.toString());
      expect(
        send(
          masker.open("0", () => undefined),
          hidden,
        ).toString(),
        example,
      ).toBe(hidden.toString());
    }
  });

  it("is the same placeholder for the same secret, in any session", () => {
    const secret = Buffer.from(`token ${sample("ghp_{alnum:36}")} here`);
    expect(hide(opened(), secret).equals(hide(opened(), secret))).toBe(true);
    expect(hide(opened(), secret).toString()).toMatch(/^token ghp_masked-[0-9a-f]{20} here$/);
  });

  it("never gives one session a byte of another", () => {
    fc.assert(
      fc.property(text, cuts, (body, cut) => {
        const hidden = hide(opened(), body);
        const other = opened();
        hide(other, Buffer.from(`password: "${["own", "q8Zt", "4Lw2"].join("-")}"`));
        expect(other.isEmpty).toBe(false);
        expect(send(other.restore(), hidden, cut).equals(hidden)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it("is not given back for half a placeholder, or for one that was made up", async () => {
    const session = opened();
    const hidden = hide(session, Buffer.from(sample("ghp_{alnum:36}"))).toString();
    const name = hidden.slice("ghp_".length);
    for (const forged of [
      name.slice(0, -1),
      name.slice(0, -1) + (name.endsWith("0") ? "1" : "0"),
      name.toUpperCase(),
      `masked-${"0".repeat(20)}`,
      name.replace("-", "_"),
    ])
      expect(send(session.restore(), Buffer.from(`${forged}.`)).toString()).toBe(`${forged}.`);
    expect(send(session.restore(), Buffer.from(`masked-${name}x`)).toString()).not.toContain(name);
  });

  it("is found again where no rule would find it, before and behind", () => {
    const secret = ["correct", "horse", "battery", "9x7Qk2"].join("-");
    const session = opened();
    const once = hide(session, Buffer.from(`password: "${secret}"\n`)).toString();
    const name = /masked-[0-9a-f]{20}/.exec(once)?.[0] ?? "none";
    const bare = Buffer.from(`mysql -p${secret} <dump.sql`);
    const fresh = session.fresh();
    expect(
      fresh &&
        send(
          fresh.open("0", () => undefined),
          bare,
        ).toString(),
    ).toBe(`mysql -p${name} <dump.sql`);
    const known = opened(new Map([[name, Buffer.from(secret)]])).known();
    expect(
      known &&
        send(
          known.open("0", () => undefined),
          bare,
        ).toString(),
    ).toBe(`mysql -p${name} <dump.sql`);
  });

  it("is a mark where it could not come back: too short, too long, or no more may be kept", async () => {
    const short = hide(opened(), Buffer.from(`password: "${["x7", "Qk", "2!"].join("")}"`));
    expect(short.toString()).not.toContain("masked-");
    const pem = `-----BEGIN ${"PRIVATE KEY"}-----\n${sample("{base64:64}\n").repeat(100)}`;
    expect(hide(opened(), Buffer.from(pem)).toString()).toMatch(marked);
    const full = new SessionReversal({
      fingerprint,
      kept: new Map(),
      save: async () => false,
      most: { values: 9, bytes: 4096 },
    });
    const body = Buffer.from(`token ${sample("ghp_{alnum:36}")}`);
    expect(hide(full, body).toString()).toContain("masked-");
    expect(await full.keep()).toBe(false);
    full.close();
    expect(hide(full, body).toString()).toMatch(marked);
    expect(full.counts.replaced).toBe(0);
    const save = async () => true;
    for (const most of [
      { values: 1, bytes: 4096 },
      { values: 9, bytes: 50 },
    ]) {
      const session = new SessionReversal({ fingerprint, kept: new Map(), save, most });
      const two = Buffer.from(`${sample("ghp_{alnum:36}")} ${sample("AKIA{base32:16}")}`);
      const hidden = hide(session, two).toString();
      expect(hidden).toMatch(/^ghp_masked-[0-9a-f]{20} (AKIA)?\[REDACTED:/);
      expect(session.counts.replaced).toBe(1);
    }
  });
});
