import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plantedSecret } from "../../src/demo/secret.ts";
import { demoPolicy } from "../../src/demo/setting.ts";
import { Git, ghEnvironment, H2Client, RawClient, run } from "../support/clients.ts";
import { type Stack, startStack } from "../support/stack.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ policy: demoPolicy });
}, 120_000);
afterAll(() => stack?.stop());

const workflow = "/repos/acme/app/contents/.github/workflows/ci.yml";
const edit = JSON.stringify({ message: "m", branch: "topic/x", content: "b246IHB1c2gK" });

/** Runs something that must be refused, and proves that the upstream saw no byte of it. */
async function unseen<T>(ask: () => Promise<T>): Promise<T> {
  const before = [stack.upstream.log.length, stack.upstream.bytesReceived()];
  const answer = await ask();
  expect([stack.upstream.log.length, stack.upstream.bytesReceived()]).toEqual(before);
  return answer;
}

describe("a request that is denied sends zero bytes upstream", () => {
  test("however its body comes over HTTP/1.1", async () => {
    const { token } = await stack.access();
    const head = (more: string): string =>
      `PUT /api/v3${workflow} HTTP/1.1\r\nhost: gw\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n${more}\r\n`;
    const whole = `content-length: ${edit.length}\r\n`;
    const chunked = "transfer-encoding: chunked\r\n";
    const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
    const ways: readonly (readonly [string, readonly string[]])[] = [
      ["at once", [head(whole) + edit]],
      ["late", [head(whole), edit]],
      ["byte by byte", [head(whole), ...edit]],
      ["chunked", [head(chunked), ...[...edit].map(chunk), "0\r\n\r\n"]],
      ["chunked with a trailer", [head(chunked), chunk(edit), "0\r\nx-a: b\r\n\r\n"]],
    ];
    for (const [way, writes] of ways)
      await unseen(async () => {
        const client = await RawClient.connect(stack);
        for (const text of writes) {
          await client.write(text);
          await new Promise((resolve) => setImmediate(resolve));
        }
        expect([way, await client.status()]).toEqual([way, 403]);
        client.abort();
      });
  });

  test("over HTTP/2, and with a body of 9 MB", async () => {
    const { token } = await stack.access();
    const client = await H2Client.connect(stack);
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const large = JSON.stringify({ message: "m", content: "A".repeat(9_000_000) });
    for (const body of [edit, large]) {
      const put = { method: "PUT", headers, body };
      const answer = await unseen(() => client.ask(`/api/v3${workflow}`, put));
      expect(answer.status).toBe(403);
    }
    client.close();
  });

  test.each([
    "/api/v3/repos/acme/app/../app/contents/.github/workflows/ci.yml",
    "/api/v3//repos/acme/app/contents/.github/workflows/ci.yml",
    "/api/v3/./repos/acme/app/contents/.github/workflows/ci.yml",
    "/api/v3/repos/acme/app/contents/%2egithub/workflows/ci.yml",
    "/api/v3/repos/acme/app/contents/.github%2fworkflows%2fci.yml",
    "/api/v3/repos/acme/app/contents/.github/x/%2e%2e/workflows/ci.yml",
    "/api/v3/repos/acme/app/contents/.github/workflows;a=b/ci.yml",
    "/api/v3/repos/ACME/App/contents/.github/workflows/ci.yml",
    "/API/V3/repos/acme/app/contents/.github/workflows/ci.yml",
    "/api/v3/repos/acme/app/contents/.github\\workflows\\ci.yml",
  ])("whatever its path looks like: %s", async (path) => {
    const { token } = await stack.access();
    await unseen(async () => {
      const client = await RawClient.connect(stack);
      await client.write(
        `PUT ${path} HTTP/1.1\r\nhost: gw\r\nauthorization: Bearer ${token}\r\ncontent-length: ${edit.length}\r\n\r\n${edit}`,
      );
      expect(await client.status()).toBeGreaterThanOrEqual(400);
      client.abort();
    });
  });

  test.each([
    ["no token", {}],
    ["a token that is none", { authorization: "Bearer x" }],
    ["an unsigned token", { authorization: "Bearer eyJhbGciOiJub25lIn0.e30." }],
  ])("without an identity: %s", async (_, headers) => {
    const { token: _token, ...bare } = await stack.access();
    const answer = await unseen(async () => {
      const client = await H2Client.connect(bare);
      const got = await client.ask("/api/v3/user", { headers });
      client.close();
      return got;
    });
    expect(answer.status).toBe(401);
  });

  test("with somebody else's token: wrong audience, wrong owner, expired, foreign issuer", async () => {
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

  test("is masked in a stream, wherever the secret is cut, down to single bytes", async () => {
    const cuts = Array.from({ length: plantedSecret.length + 1 }, (_, cut) => ({
      demo_cut: `${cut}`,
    }));
    for (const metadata of [...cuts, { demo_write: "1" }, { demo_piece: "1" }]) {
      const answer = await stack.ask("/copilot/chat/completions", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          model: "demo-model",
          stream: true,
          metadata,
          messages: [{ role: "user", content: "Which token?" }],
        }),
      });
      expect(answer.status).toBe(200);
      const text = answer.text
        .split("\n")
        .filter((line) => line.startsWith("data: {"))
        .map((line) => JSON.parse(line.slice(6)).choices?.[0]?.delta?.content ?? "")
        .join("");
      expect(text).toContain("GH_TOKEN=");
      expect(text).toContain("Keep it out of the code.");
      expect([metadata, text.includes(plantedSecret.slice(0, 14))]).toEqual([metadata, false]);
      expect(answer.text).not.toContain(plantedSecret.slice(-14));
    }
  }, 60_000);
});

describe("a push to main", () => {
  const maintainer = () => stack.person("alice", ["maintainers"]);

  async function commit(
    name: string,
  ): Promise<{ readonly git: Git; readonly dir: string; readonly sha: string }> {
    const git = new Git(stack.folder.path, await stack.access());
    await git.run("clone", "-q", `${stack.proxy}/acme/app.git`, name);
    const dir = join(stack.folder.path, name);
    await writeFile(join(dir, `${name}.txt`), name);
    await git.run("-C", dir, "add", ".");
    await git.run("-C", dir, "commit", "-qm", name);
    return { git, dir, sha: await git.run("-C", dir, "rev-parse", "HEAD") };
  }

  async function pending(): Promise<string> {
    let id = "";
    await expect
      .poll(
        async () => {
          const listed = await maintainer()("/api/v1/approvals?state=pending");
          id = JSON.parse(listed.text).approvals[0]?.id ?? "";
          return id;
        },
        { timeout: 10_000 },
      )
      .toMatch(/^apr_/);
    return id;
  }

  const main = () => stack.upstream.repositories.head("acme/app", "refs/heads/main");

  test("hangs, and lands when it has been approved", async () => {
    const { git, dir, sha } = await commit("approved");
    const push = git.start("-C", dir, "push", "origin", "HEAD:main");
    const id = await pending();
    expect(await main()).not.toBe(sha);
    expect(
      (await maintainer()(`/api/v1/approvals/${id}/approve`, { reason: "Agreed." })).status,
    ).toBe(200);
    expect(await push.ended).toMatchObject({ code: 0 });
    expect(await main()).toBe(sha);
  });

  test("hangs, and leaves main untouched when it has been denied", async () => {
    const before = await main();
    const { git, dir } = await commit("denied");
    const push = git.start("-C", dir, "push", "origin", "HEAD:main");
    const id = await pending();
    expect(
      (await maintainer()(`/api/v1/approvals/${id}/deny`, { reason: "Not on a Friday." })).status,
    ).toBe(200);
    const ended = await push.ended;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/remote rejected/);
    expect(await main()).toBe(before);
  });

  test("is void when the client leaves", async () => {
    const before = await main();
    const { git, dir } = await commit("left");
    const push = git.start("-C", dir, "push", "origin", "HEAD:main");
    const id = await pending();
    push.interrupt();
    await push.ended;
    await expect
      .poll(async () => JSON.parse((await maintainer()(`/api/v1/approvals/${id}`)).text).state, {
        timeout: 2_000,
      })
      .not.toBe("pending");
    expect(
      (await maintainer()(`/api/v1/approvals/${id}/approve`, { reason: "Late." })).status,
    ).toBeGreaterThanOrEqual(400);
    expect(await main()).toBe(before);
  });

  test("cannot be approved by whoever asked for it, nor by a stranger", async () => {
    const { git, dir } = await commit("strangers");
    const push = git.start("-C", dir, "push", "origin", "HEAD:main");
    const id = await pending();
    for (const caller of [stack.person("mona", ["maintainers"]), stack.person("bob", ["guests"])])
      expect([403, 404]).toContain(
        (await caller(`/api/v1/approvals/${id}/approve`, { reason: "Me." })).status,
      );
    await maintainer()(`/api/v1/approvals/${id}/deny`, { reason: "Done." });
    await push.ended;
  });
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
    expect(stack.stdout()).toContain(id);
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
