import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fakeToken, plantedSecret } from "../../../src/demo/secret.ts";
import { type DemoUpstream, startDemoUpstream } from "../../../src/demo/upstream.ts";

const run = promisify(execFile);
const credential = "stored-credential";
const headers = { authorization: `Bearer ${credential}` };

let upstream: DemoUpstream;
beforeAll(async () => {
  upstream = await startDemoUpstream({ credential });
});
afterAll(() => upstream.close());

const get = (path: string, init: RequestInit = {}) =>
  fetch(upstream.url + path, { ...init, headers: { ...headers, ...init.headers } });
const post = (path: string, body: object) =>
  get(path, { method: "POST", body: JSON.stringify(body) });

test("the planted secret carries GitHub's checksum", () => {
  expect(plantedSecret).toMatch(/^ghp_[0-9A-Za-z]{36}$/);
  // A published example of the checksum: the payload and its six last characters belong together.
  expect(fakeToken("gh" + "p_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ")).toBe(
    `${"gh" + "p_"}zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17`,
  );
});

describe("GitHub REST", () => {
  test("every answer names a request id, and a wrong or missing credential is a 401", async () => {
    for (const authorization of [undefined, "Bearer wrong", "Basic eDp3cm9uZw==", "Digest x"]) {
      const answer = await fetch(`${upstream.url}/user`, {
        headers: authorization === undefined ? {} : { authorization },
      });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("x-github-request-id")).toMatch(/^[0-9A-F]{4}:/);
      expect(await answer.json()).toMatchObject({ message: "Bad credentials", status: "401" });
    }
  });

  test("the credential is taken as bearer, token, and Basic password", async () => {
    const basic = Buffer.from(`x-access-token:${credential}`).toString("base64");
    for (const authorization of [
      `bearer ${credential}`,
      `token ${credential}`,
      `Basic ${basic}`,
      `basic ${basic}`,
    ])
      expect((await fetch(`${upstream.url}/user`, { headers: { authorization } })).status).toBe(
        200,
      );
  });

  test("a repository is made once, and then read", async () => {
    expect((await get("/repos/acme/new")).status).toBe(404);
    const made = await post("/orgs/acme/repos", { name: "new" });
    expect(made.status).toBe(201);
    expect(await made.json()).toMatchObject({ full_name: "acme/new", default_branch: "main" });
    expect((await get("/repos/acme/new")).status).toBe(200);
    expect((await post("/orgs/acme/repos", { name: "new" })).status).toBe(422);
    expect((await post("/user/repos", { name: "../../etc" })).status).toBe(422);
  });

  test("contents are written as real commits, and need the blob's sha to be replaced", async () => {
    const url = "/repos/acme/app/contents/docs/a.txt";
    const put = (text: string, sha?: string) =>
      get(url, {
        method: "PUT",
        body: JSON.stringify({ message: "m", content: Buffer.from(text).toString("base64"), sha }),
      });
    const first = (await (await put("one")).json()) as {
      content: { sha: string };
      commit: { sha: string };
    };
    expect((await put("two")).status).toBe(422);
    expect((await put("two", "0".repeat(40))).status).toBe(409);
    expect((await put("two", first.content.sha)).status).toBe(200);
    const now = (await (await get(url)).json()) as { content: string };
    expect(Buffer.from(now.content, "base64").toString()).toBe("two");
    const then = await get(`${url}?ref=${first.commit.sha}`);
    expect(((await then.json()) as { content: string }).content).toBe("b25l");
  });

  test("GraphQL answers the viewer query", async () => {
    const answer = await post("/graphql", { query: "{ viewer { login } }" });
    expect(await answer.json()).toMatchObject({ data: { viewer: { login: "demo-bot" } } });
  });
});

describe("Copilot", () => {
  const asks = { model: "demo-model", messages: [{ role: "user", content: "Which token is it?" }] };
  const shapes = [
    ["/chat/completions", asks],
    [
      "/v1/messages",
      { ...asks, messages: [{ role: "user", content: [{ type: "text", text: "Which token?" }] }] },
    ],
    ["/responses", { model: "demo-model", input: "Which token?" }],
  ] as const;

  test.each(shapes)("%s answers whole, with the secret in it", async (path, body) => {
    const answer = await post(path, body);
    expect(answer.headers.get("content-type")).toContain("application/json");
    expect(await answer.text()).toContain(plantedSecret);
  });

  test.each(shapes)(
    "%s streams deltas, and no delta holds the whole secret",
    async (path, body) => {
      const answer = await post(path, { ...body, stream: true });
      expect(answer.headers.get("content-type")).toBe("text/event-stream");
      const deltas = (await answer.text())
        .split("\n")
        .filter((line) => line.startsWith("data: {"))
        .map((line) => JSON.parse(line.slice(6)))
        .map((event) => event.choices?.[0]?.delta?.content ?? event.delta?.text ?? event.delta)
        .filter((delta) => typeof delta === "string");
      expect(deltas.join("")).toContain(plantedSecret);
      expect(deltas.filter((delta) => delta.includes(plantedSecret))).toEqual([]);
    },
  );

  test("metadata cuts the secret where it is told, and the wire into single bytes", async () => {
    const metadata = { demo_cut: "3", demo_write: "1" };
    const answer = await post("/chat/completions", { ...asks, stream: true, metadata });
    const text = await answer.text();
    expect(text).toContain(`${plantedSecret.slice(0, 3)}"`);
    expect(text).toContain(`"${plantedSecret.slice(3)}`);
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  test("a prompt that asks for nothing secret gets nothing secret", async () => {
    const answer = await post("/chat/completions", {
      model: "m",
      messages: [{ role: "user", content: "Hi" }],
    });
    expect(await answer.text()).not.toContain("ghp_");
  });

  test("a tool call carries its arguments as JSON text", async () => {
    const answer = await post("/chat/completions", { ...asks, metadata: { demo_kind: "tool" } });
    const body = (await answer.json()) as {
      choices: [{ message: { tool_calls: [{ function: { arguments: string } }] } }];
    };
    expect(JSON.parse(body.choices[0].message.tool_calls[0].function.arguments).command).toContain(
      plantedSecret,
    );
  });
});

describe("git", () => {
  test("a real clone and push land, and only with the credential", async () => {
    const home = await mkdtemp(join(tmpdir(), "sallyport-git-"));
    const env = { PATH: process.env["PATH"] ?? "", HOME: home, GIT_TERMINAL_PROMPT: "0" };
    const git = (...args: readonly string[]) => run("git", args, { cwd: home, env });
    const url = new URL(`${upstream.url}/acme/app.git`);
    await expect(git("clone", url.href, "refused")).rejects.toThrow(/could not read Username/);
    url.username = "x";
    url.password = credential;
    await git("clone", "-q", url.href, "work");
    await writeFile(
      join(home, "work", "big.bin"),
      Buffer.alloc(3_000_000, Math.random().toString()),
    );
    await git("-C", "work", "add", ".");
    await git("-C", "work", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "big");
    await git(
      "-C",
      "work",
      "-c",
      "http.postBuffer=65536",
      "-c",
      "core.compression=0",
      "push",
      "-q",
      "origin",
      "HEAD:refs/heads/topic",
    );
    const pushed = (await git("-C", "work", "rev-parse", "HEAD")).stdout.trim();
    expect(await upstream.repositories.head("acme/app", "refs/heads/topic")).toBe(pushed);
    const post = upstream.log.findLast((seen) => seen.path.endsWith("/git-receive-pack"));
    expect(post?.bodyBytes).toBeGreaterThan(3_000_000);
    await expect(
      git("clone", `${upstream.url.replace("//", `//x:${credential}@`)}/acme/none.git`),
    ).rejects.toThrow(/not found/);
    await rm(home, { recursive: true });
  });
});

describe("odd answers", () => {
  test("echo tells what arrived", async () => {
    const answer = await get("/test/echo?a=1", { method: "PUT", body: "hello" });
    expect(await answer.json()).toMatchObject({
      method: "PUT",
      target: "/test/echo?a=1",
      bytes: 5,
      body: "hello",
    });
    expect(upstream.log.at(-1)).toMatchObject({
      method: "PUT",
      path: "/test/echo?a=1",
      bodyBytes: 5,
    });
  });

  test("an encoded body comes although identity was asked for", async () => {
    const { status, fields, body } = await raw("/test/encoded", { "accept-encoding": "identity" });
    expect([status, fields["content-encoding"]]).toEqual([200, "gzip"]);
    expect(gunzipSync(body).toString()).toContain(plantedSecret);
  });

  test.each([204, 304, 404, 500])("status %i", async (status) => {
    const answer = await raw(`/test/status/${status}`);
    expect([answer.status, answer.body.length > 0]).toEqual([status, status >= 400]);
  });

  test("trailers follow a chunked body", async () => {
    const answer = await raw("/test/trailers");
    expect(answer.trailers).toEqual({ "x-checksum": "abc123", "x-note": plantedSecret });
  });

  test("bytes come as many as were asked for, with or without a length", async () => {
    const chunked = await raw("/test/bytes?n=200000&write=1000");
    expect([chunked.body.length, chunked.fields["content-length"]]).toEqual([200_000, undefined]);
    const sized = await raw("/test/bytes?n=200000&length=1");
    expect([sized.body.length, sized.fields["content-length"]]).toEqual([200_000, "200000"]);
  });

  test("the secret in plain text, in single bytes", async () => {
    expect((await raw("/test/secret?write=1")).body.toString()).toBe(
      `before ${plantedSecret} after\n`,
    );
  });

  test("a slow body, an early answer, a chosen header", async () => {
    expect((await raw("/test/slow?n=3&ms=1")).body.toString()).toBe("line 1\nline 2\nline 3\n");
    expect((await raw("/test/early")).body.toString()).toBe("early");
    expect((await raw("/test/header?name=x-a&value=b")).fields["x-a"]).toBe("b");
  });

  test("a reset before the head, and one in the middle of the body", async () => {
    await expect(raw("/test/reset")).rejects.toThrow(/ECONNRESET|hang up/);
    await expect(raw("/test/reset?after=10")).rejects.toThrow(/aborted|ECONNRESET/);
  });
});

test("bytes are counted even where no request came of them", async () => {
  const fresh = await startDemoUpstream();
  expect([fresh.bytesReceived(), fresh.log.length]).toEqual([0, 0]);
  const socket = connect(Number(new URL(fresh.url).port), "127.0.0.1");
  await new Promise<void>((resolve) => socket.write("GET", () => resolve()));
  await expect.poll(() => fresh.bytesReceived()).toBe(3);
  socket.destroy();
  await fresh.close();
});

interface RawAnswer {
  readonly status: number | undefined;
  readonly fields: NodeJS.Dict<string | string[]>;
  readonly trailers: NodeJS.Dict<string>;
  readonly body: Buffer;
}

function raw(path: string, more: Record<string, string> = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const client = request(upstream.url + path, { agent: false, headers: { ...headers, ...more } });
    client.on("error", reject);
    client.on("response", (answer) => {
      const chunks: Buffer[] = [];
      answer.on("error", reject);
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () =>
        resolve({
          status: answer.statusCode,
          fields: answer.headers,
          trailers: answer.trailers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    client.end();
  });
}
