import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Answer, ask } from "../../src/demo/ask.ts";
import { run } from "../support/clients.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { type ServeStack, startServeStack } from "../support/serve-stack.ts";

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

let redis: TestRedis;
let stack: ServeStack;
let authority: string;

beforeAll(async () => {
  redis = await startRedis();
  stack = await startServeStack({
    policy,
    config: {
      listen: { processes: 2 },
      state: { kind: "redis", url: redis.url },
      keys: "./keys",
      audit: { dir: "./data/audit", log: { dir: "./data/log" }, replica: "gateway" },
      approvals: { approvers: ["group:maintainers"], pending: 100 },
    },
    args: ["--notice", "0"],
  });
  authority = readFileSync(stack.ca, "utf8");
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  await redis?.stop();
});

const alice = (path: string, body?: object) => stack.person("alice", ["maintainers"])(path, body);

async function get(path: string, token?: string): Promise<Answer> {
  const authorization = `Bearer ${token ?? (await stack.issuer.token())}`;
  return ask(`${stack.proxy}${path}`, { ca: authority, headers: { authorization } });
}

/** The sum of a metric's samples of one process. */
async function metric(name: string, number: number): Promise<number> {
  const { text } = await alice("/metrics");
  const samples = new RegExp(`^${name}\\{process="${number}"[^}]*\\} (\\S+)$`, "gm");
  return [...text.matchAll(samples)].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** The process of that number, among the children of the supervisor (Linux). */
function pidOf(number: number): number {
  const listed = readFileSync(`/proc/${stack.pid}/task/${stack.pid}/children`, "utf8");
  const pid = listed
    .split(" ")
    .filter(Boolean)
    .find((one) => readFileSync(`/proc/${one}/cmdline`, "utf8").includes(`--process\0${number}\0`));
  return Number(pid);
}

async function both(): Promise<void> {
  for (const number of [0, 1])
    await expect.poll(() => metric("sallyport_process_up", number), { timeout: 60_000 }).toBe(1);
}

test("work is spread over the processes, and the whole tells of each", { timeout }, async () => {
  await both();
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
  const form = async (path: string, fields: Record<string, string>) => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams(fields).toString();
    return ask(stack.api + path, { method: "POST", headers, body });
  };
  const oauth = "urn:ietf:params:oauth";
  const issued = await form("/oauth2/token", {
    grant_type: `${oauth}:grant-type:token-exchange`,
    subject_token: await stack.issuer.token(),
    subject_token_type: `${oauth}:token-type:id_token`,
  });
  const token = (JSON.parse(issued.text) as { access_token: string }).access_token;
  const statuses = async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => get("/api/v3/user", token)));
    return [...new Set(answers.map(({ status }) => status))];
  };
  expect(await statuses()).toEqual([200]);
  expect((await form("/oauth2/revoke", { token })).status).toBe(200);
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
  const killed = pidOf(1);
  process.kill(killed, "SIGKILL");
  await expect.poll(() => metric("sallyport_process_starts_total", 1), { timeout: 30_000 }).toBe(2);
  await both();
  expect(pidOf(1)).not.toBe(killed);
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
