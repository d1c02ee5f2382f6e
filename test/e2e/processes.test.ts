import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Answer, ask } from "../../src/demo/ask.ts";
import { run } from "../support/clients.ts";
import type { ServeStack } from "../support/serve-stack.ts";
import { newSession, revoke } from "../support/session.ts";
import { type Several, startSeveral } from "../support/several.ts";
import { personToken } from "../support/stack-config.ts";

/** `serve --processes 2`: two processors behind one Envoy, which share everything that one of them could lose. */
const policy = `rules:
  - id: new-repositories-wait
    when: { operation: repository.create }
    then: [ { approve: { by: "group:maintainers", hold: 2m, within: 5m } }, { inject: {} } ]
  - id: reading
    when: { access: read }
    then: [ { record: { level: full } }, { inject: {} } ]
otherwise: [ { deny: { reason: "No." } } ]
`;
const root = join(import.meta.dirname, "..", "..");
const main = join(root, "src", "main.ts");

const timeout = 240_000;

let several: Several;
let stack: ServeStack;
let authority: string;

beforeAll(async () => {
  several = await startSeveral({
    policy,
    config: { approvals: { approvers: ["group:maintainers"], pending: 100 } },
  });
  stack = several.stack;
  authority = readFileSync(stack.ca, "utf8");
}, 120_000);
afterAll(() => several?.stop());

const alice: Several["alice"] = (path, body) => several.alice(path, body);
const get: Several["get"] = (path, token) => several.get(path, token);
const metric: Several["metric"] = (name, number) => several.metric(name, number);

test("work is spread over the processes, and the whole tells of each", { timeout }, async () => {
  await several.both();
  await expect
    .poll(
      async () => {
        await Promise.all(Array.from({ length: 8 }, () => get("/api/v3/user")));
        return Math.min(
          await metric("sallyport_exchanges_total", 0),
          await metric("sallyport_exchanges_total", 1),
        );
      },
      { timeout: 60_000 },
    )
    .toBeGreaterThan(0);
  const { status, text } = await alice("/readyz");
  expect([status, text]).toEqual([200, expect.stringContaining("2 of 2 ready")]);
});

test("a session is known to all of them, and gone for all of them once it is revoked", {
  timeout,
}, async () => {
  const token = await newSession(stack);
  const statuses = async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => get("/api/v3/user", token)));
    return [...new Set(answers.map(({ status }) => status))];
  };
  expect(await statuses()).toEqual([200]);
  expect((await revoke(stack.api, token)).status).toBe(200);
  expect(await statuses()).toEqual([401]);
});

test("what waits in any process goes on when the API of one is told yes", { timeout }, async () => {
  const authorization = `Bearer ${await stack.issuer.token()}`;
  const parked = Array.from({ length: 8 }, (_, count) =>
    ask(`${stack.proxy}/api/v3/user/repos`, {
      method: "POST",
      ca: authority,
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ name: `parked-${count}` }),
    }),
  );
  const pending = async () =>
    JSON.parse((await alice("/api/v1/approvals?state=pending&limit=100")).text).approvals as {
      id: string;
    }[];
  await expect.poll(async () => (await pending()).length, { timeout: 30_000 }).toBe(8);
  expect(await metric("sallyport_approvals_parked", 0)).toBeGreaterThan(0);
  expect(await metric("sallyport_approvals_parked", 1)).toBeGreaterThan(0);
  for (const { id } of await pending())
    expect((await alice(`/api/v1/approvals/${id}/approve`, { reason: "Yes." })).status).toBe(200);
  const made = await Promise.all(parked);
  expect(made.map(({ status }) => status)).toEqual(Array(8).fill(201));
});

test("what each has recorded of a session is one recording, and is erased as one", {
  timeout,
}, async () => {
  const token = await stack.issuer.token({ run_id: "4711" });
  const count = 24;
  await Promise.all(Array.from({ length: count }, () => get("/api/v3/user", token)));
  const sessions = async () =>
    JSON.parse((await alice("/api/v1/sessions?search=4711")).text).sessions as {
      session: string;
      exchanges: number;
    }[];
  await expect.poll(async () => (await sessions())[0]?.exchanges, { timeout: 30_000 }).toBe(count);
  const [{ session } = { session: "" }] = await sessions();
  const dirs = ["recordings", "recordings/process-1"];
  const parts = dirs.map((dir) => join(stack.folder.path, "data", dir, "keys", session));
  expect(parts.map((part) => existsSync(part))).toEqual([true, true]);
  const shown = JSON.parse((await alice(`/api/v1/sessions/${session}`)).text);
  expect(shown.total).toBe(count);
  const exported = await alice(`/api/v1/sessions/${session}/recording?format=jsonl`);
  expect(exported.text.match(/demo-bot/g)?.length, exported.text.slice(0, 500)).toBe(count);
  const why = { reason: "It is a test." };
  expect((await alice(`/api/v1/sessions/${session}/hold`, why)).status).toBe(200);
  expect((await alice(`/api/v1/sessions/${session}/erase`, why)).status).toBe(409);
  expect((await alice(`/api/v1/sessions/${session}/lift`, why)).status).toBe(200);
  const bob = stack.person("bob", ["maintainers"]);
  expect((await bob(`/api/v1/sessions/${session}/lift`, why)).status).toBe(200);
  expect((await alice(`/api/v1/sessions/${session}/erase`, why)).status).toBe(200);
  expect(parts.map((part) => existsSync(part))).toEqual([false, false]);
  expect((await alice(`/api/v1/sessions/${session}`)).status).toBe(410);
});

test("whoever looks on sees what any of them does", { timeout }, async () => {
  const token = await stack.issuer.token({ run_id: "4712" });
  const found = async () =>
    JSON.parse((await alice("/api/v1/sessions?search=4712")).text).sessions[0]?.session as string;
  await get("/api/v3/user", token);
  await expect.poll(found, { timeout: 30_000 }).toMatch(/^ses_/);
  const authorization = `Bearer ${await personToken(stack.issuer, "alice", ["maintainers"])}`;
  const over = new AbortController();
  const tail = await fetch(`${stack.api}/api/v1/sessions/${await found()}/tail`, {
    headers: { authorization },
    signal: over.signal,
  });
  let seen = "";
  const reading = (async () => {
    for await (const chunk of tail.body as AsyncIterable<Uint8Array>)
      seen += Buffer.from(chunk).toString("utf8");
  })().catch(() => undefined);
  const before = [0, 1].map((number) => metric("sallyport_exchanges_total", number));
  const [first, second] = await Promise.all(before);
  await expect
    .poll(
      async () => {
        await Promise.all(Array.from({ length: 4 }, () => get("/api/v3/user", token)));
        const now = await Promise.all([0, 1].map((n) => metric("sallyport_exchanges_total", n)));
        return (now[0] ?? 0) > (first ?? 0) && (now[1] ?? 0) > (second ?? 0);
      },
      { timeout: 30_000 },
    )
    .toBe(true);
  const config = join(stack.folder.path, "sallyport.yaml");
  const args = [main, "audit", "records", "--config", config, "--limit", "1000", "--json"];
  const { stdout } = await run(process.execPath, args, { cwd: "/" });
  const records = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const session = await found();
  for (const replica of ["gateway", "gateway.p1"]) {
    const last = records.find(
      ({ kind, place, intent }) =>
        kind === "exchange" && place.replica === replica && intent.session === session,
    );
    await expect.poll(() => seen, { timeout: 30_000 }).toContain(last?.intent.id);
  }
  over.abort();
  await reading;
});

test("a process that cannot start ends all of it, with one sentence", { timeout }, async () => {
  const written = readFileSync(join(stack.folder.path, "sallyport.yaml"), "utf8");
  const config = join(stack.folder.path, "other.yaml");
  writeFileSync(
    join(stack.folder.path, "bad.yaml"),
    "rules: [ { id: x, then: [ { dance: {} } ] } ]",
  );
  const other = written.replaceAll("./policy.yaml", "./bad.yaml").replaceAll("./data", "./other");
  writeFileSync(config, other.replace("x.sock", "other.sock"));
  const args = [main, "serve", "--config", config];
  const { code, stderr } = await run(process.execPath, args, { cwd: "/" });
  expect(code, stderr).toBe(2);
  expect(stderr.match(/dance/g)?.length, stderr).toBe(1);
});

interface Heard {
  readonly path: string;
  readonly status: number;
  readonly record: string | undefined;
}

/** Asks until told to stop, each time for another repository; what failed counts as status 0. */
async function worker(name: string, heard: Heard[], stop: AbortSignal): Promise<void> {
  for (let count = 0; !stop.aborted; count += 1) {
    const path = `/repos/acme/${name}-${count}`;
    const { status, headers } = await get(`/api/v3${path}`).catch(() => ({
      status: 0,
      headers: {} as Answer["headers"],
    }));
    const record = headers["x-sallyport-record"];
    heard.push({ path, status, record: typeof record === "string" ? record : undefined });
  }
}

test("one is killed under load: nothing goes on unrecorded, and it comes back", {
  timeout,
}, async () => {
  const heard: Heard[] = [];
  const stop = new AbortController();
  const workers = ["a", "b", "c", "d"].map((name) => worker(name, heard, stop.signal));
  await expect.poll(() => heard.length, { timeout: 30_000 }).toBeGreaterThan(40);
  const killed = several.pidOf(1);
  const starts = await metric("sallyport_process_starts_total", 1);
  process.kill(killed, "SIGKILL");
  const again = () => metric("sallyport_process_starts_total", 1);
  await expect.poll(again, { timeout: 30_000 }).toBe(starts + 1);
  await several.both();
  expect(several.pidOf(1)).not.toBe(killed);
  const before = await metric("sallyport_exchanges_total", 1);
  await expect
    .poll(() => metric("sallyport_exchanges_total", 1), { timeout: 60_000 })
    .toBeGreaterThan(before);
  stop.abort();
  await Promise.all(workers);
  // The upstream knows none of these repositories: what it answers is its 404.
  for (const { status } of heard) expect([0, 404, 503]).toContain(status);
  expect(heard.at(-1)?.status).toBe(404);
  expect(await stack.end()).toBe(0);
  const config = join(stack.folder.path, "sallyport.yaml");
  const args = ["audit", "records", "--config", config, "--limit", "100000", "--json"];
  const found = await run(process.execPath, [main, ...args], { cwd: "/" });
  expect(found.code, found.stderr).toBe(0);
  const records = found.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === "exchange");
  const ids = new Set(records.map(({ intent }) => intent.id));
  for (const { status, record } of heard) if (status === 404) expect(ids).toContain(record);
  const known = new Set(records.map(({ intent }) => intent.path));
  const arrived = stack.upstream.log.filter(({ path }) => path.startsWith("/repos/acme/"));
  for (const { path } of arrived) expect(known).toContain(`/api/v3${path}`);
  const verified = await run(process.execPath, [main, "audit", "verify", "--config", config], {
    cwd: "/",
  });
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
});
