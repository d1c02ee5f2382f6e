import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { ghEnvironment, H2Client, run } from "../support/clients.ts";
import { exchange } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** Who may come in, what they may do, and what is left of it: the whole gateway as an operator runs it. */
const policy = `rules:
  - id: writing-needs-a-person
    when: { operation: contents.write }
    then: [ { approve: { by: "group:maintainers", within: 15m, hold: 5m } }, { inject: {} } ]
  - id: reading
    when: { access: read }
    then: [ { mask: { rules: default } }, { inject: {} }, { record: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ policy });
}, 120_000);
afterAll(() => stack?.stop());

const later = "/api/v3/repos/acme/app/contents/later.txt";
const edit = JSON.stringify({ message: "m", branch: "topic/x", content: "b246IHB1c2gK" });

/** Runs something that must be refused, and proves that the upstream saw no byte of it. */
async function unseen<T>(ask: () => Promise<T>): Promise<T> {
  const before = [stack.upstream.log.length, stack.upstream.bytesReceived()];
  const answer = await ask();
  expect([stack.upstream.log.length, stack.upstream.bytesReceived()]).toEqual(before);
  return answer;
}

describe("a request without a good identity sends zero bytes upstream", () => {
  test.each([
    ["no token", {}],
    ["a token that is none", { authorization: "Bearer x" }],
    ["an unsigned token", { authorization: "Bearer eyJhbGciOiJub25lIn0.e30." }],
  ])("%s", async (_, headers) => {
    const { token: _token, ...bare } = await stack.access();
    const answer = await unseen(async () => {
      const client = await H2Client.connect(bare);
      const got = await client.ask("/api/v3/user", { headers });
      client.close();
      return got;
    });
    expect(answer.status).toBe(401);
  });

  test("somebody else's token: wrong audience, wrong owner, expired, foreign issuer", async () => {
    for (const claims of [
      { aud: "other" },
      { repository_owner_id: "666" },
      { exp: Math.floor(Date.now() / 1000) - 3_600 },
      { iss: "https://evil.test" },
    ]) {
      const authorization = `Bearer ${await stack.issuer.token(claims)}`;
      const answer = await unseen(() => stack.ask("/api/v3/user", { headers: { authorization } }));
      expect([claims, answer.status]).toEqual([claims, 401]);
    }
  });
});

describe("a request that is allowed", () => {
  test("reaches the upstream with the stored credential, and with nothing of the client's or of ours", async () => {
    const answer = await stack.ask("/api/v3/user", {
      headers: {
        "x-sallyport-allow": "1",
        "x-forwarded-for": "1.2.3.4",
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      },
    });
    expect([answer.status, JSON.parse(answer.text).login]).toEqual([200, "demo-bot"]);
    const seen = stack.upstream.log.at(-1);
    expect(seen?.headers["authorization"]).toBe(`token ${stack.credential}`);
    const names = Object.keys(seen?.headers ?? {});
    expect(
      names.filter((name) => /^x-(sallyport|forwarded|request-id|envoy)|^traceparent$/.test(name)),
    ).toEqual([]);
  });

  test("works with gh, as with a GitHub Enterprise Server host", async () => {
    const env = ghEnvironment(await stack.access());
    const ended = await run("gh", ["api", "user", "--jq", ".login"], {
      cwd: stack.folder.path,
      env,
    });
    expect(ended).toMatchObject({ code: 0, stdout: "demo-bot\n" });
    const refused = await run("gh", ["api", "-X", "DELETE", "repos/acme/app"], {
      cwd: stack.folder.path,
      env,
    });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/gh: No rule allows this\..* \(HTTP 403\)/);
  });
});

test("nobody approves what they asked for themselves, and no stranger does; a bystander does not even see it", async () => {
  const { token } = await stack.access();
  const leaving = new AbortController();
  const waiting = stack.ask(later, { method: "PUT", body: edit, signal: leaving.signal });
  waiting.catch(() => undefined);
  const maintainer = stack.person("alice", ["maintainers"]);
  let id = "";
  await expect
    .poll(
      async () => {
        const listed = await maintainer("/api/v1/approvals?state=pending");
        id = JSON.parse(listed.text).approvals[0]?.id ?? "";
        return id;
      },
      { timeout: 10_000 },
    )
    .toMatch(/^apr_/);
  const body = JSON.stringify({ reason: "It is mine." });
  const approve = `/api/v1/approvals/${id}/approve`;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const own = await ask(stack.api + approve, { method: "POST", headers, body });
  const selves = [own, await stack.person("mona", ["maintainers"])(approve, { reason: "Mine." })];
  for (const said of selves) expect([403, 404]).toContain(said.status);
  const stranger = stack.person("bob", ["guests"]);
  expect([403, 404]).toContain((await stranger(approve, { reason: "Why not?" })).status);
  expect(JSON.parse((await stranger("/api/v1/approvals")).text).approvals).toEqual([]);
  const nobody = await ask(stack.api + approve, { method: "POST", body });
  expect(nobody.status).toBe(401);
  expect(JSON.parse((await maintainer(`/api/v1/approvals/${id}`)).text).state).toBe("pending");
  leaving.abort();
});

describe("evidence", () => {
  test("each exchange is a span and a line, and the credential is in none of them", async () => {
    const answer = await stack.ask("/api/v3/repos/acme/app");
    expect(answer.status).toBe(200);
    const span = await stack.collector.span(
      ({ attributes }) =>
        attributes["url.path"] === "/api/v3/repos/acme/app" &&
        attributes["sallyport.decision"] === "allow",
    );
    expect(span.attributes["sallyport.rule"]).toBe("reading");
    const id = String(span.attributes["sallyport.record.id"]);
    await expect.poll(() => stack.stdout()).toContain(id);
    for (const text of [stack.stdout(), stack.stderr(), ...stack.collector.bodies.map(String)])
      expect(text.includes(stack.credential)).toBe(false);
    const grep = await run(
      "grep",
      ["-rlaF", "--exclude=credential", stack.credential, stack.folder.path],
      {
        cwd: stack.folder.path,
      },
    );
    expect(grep).toMatchObject({ code: 1, stdout: "" });
  });

  test("Envoy's log holds no token", async () => {
    const found = await run("find", [stack.folder.path, "-name", "envoy.log"], {
      cwd: stack.folder.path,
    });
    const log = await readFile(found.stdout.trim(), "utf8");
    expect(log).not.toMatch(/eyJ[\w-]{20}/);
  });
});

test("the token exchange is reached through the proxy as well, and nothing else hides behind its path", async () => {
  const ca = await readFile(stack.ca, "utf8");
  const issued = await exchange(stack.proxy, await stack.issuer.token(), { ca });
  expect([issued.status, JSON.parse(issued.text).access_token]).toEqual([
    200,
    expect.stringMatching(/^ghs_/),
  ]);
  const around = await ask(`${stack.proxy}/oauth2/%2e%2e/api/v3/user`, { ca });
  expect(around.status).toBe(401);
});
