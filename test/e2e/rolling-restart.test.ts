import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { type Answer, ask } from "../../src/demo/ask.ts";
import { newAuthority } from "../../src/envoy/certificate.ts";
import { H2Client, run } from "../support/clients.ts";
import { asPerson, caOf, type Fleet, type Replica, startFleet } from "../support/fleet.ts";

/** Two gateways behind one Envoy, with one Redis: each is restarted in turn, and nobody notices. */
const policy = `rules:
  - id: new-repositories-wait
    when: { operation: repository.create }
    then: [ { approve: { by: "group:maintainers", hold: 4m, within: 10m } }, { inject: {} } ]
  - id: reading
    when: { access: read }
    then: [ { mask: { rules: default } }, { inject: {} } ]
otherwise: [ { deny: { reason: "No." } } ]
`;
/** Requests that wait for a person while both gateways are restarted. */
const PARKED = 12;

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet(policy);
}, 120_000);
afterAll(() => fleet?.stop());

interface Heard {
  readonly status: number;
  readonly record: string;
}

/** Asks without a pause until told to stop: reads, every fifth time with a body, every tenth with one too large to be told twice. */
async function worker(heard: Heard[], failed: unknown[], stop: AbortSignal): Promise<void> {
  const client = await H2Client.connect(fleet);
  const authorization = `Bearer ${await fleet.issuer.token()}`;
  for (let count = 0; !stop.aborted; count += 1) {
    const pad = "x".repeat(count % 10 === 0 ? 100_000 : 100);
    const body = JSON.stringify({ query: "query { viewer { login } }", variables: { pad } });
    const asking = count % 5 === 0;
    const question = asking
      ? { method: "POST", body, headers: { "content-type": "application/json" } }
      : {};
    const path = asking ? "/api/graphql" : "/api/v3/user";
    const headers = { ...question.headers, authorization };
    await client.ask(path, { ...question, headers }).then(
      ({ status, headers: fields }) =>
        heard.push({ status, record: String(fields["x-sallyport-record"]) }),
      (error: unknown) => failed.push(error),
    );
  }
  client.close();
}

async function park(name: string): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${await fleet.issuer.token()}`,
    "content-type": "application/json",
  };
  const body = JSON.stringify({ name });
  return ask(`${fleet.proxy}/api/v3/user/repos`, {
    method: "POST",
    headers,
    body,
    ca: caOf(fleet),
  });
}

async function pending(): Promise<readonly { readonly id: string }[]> {
  const { json } = await asPerson(fleet, `${fleet.apis[1]}/api/v1/approvals?state=pending`);
  return json["approvals"] as readonly { readonly id: string }[];
}

/** The ids of the exchanges on record, whole ones only. */
async function recorded({ auditDir }: Replica): Promise<readonly string[]> {
  const main = `${import.meta.dirname}/../../src/main.ts`;
  const args = [main, "audit", "records", "--dir", auditDir, "--limit", "100000", "--json"];
  const { stdout, stderr, code } = await run(process.execPath, args, { cwd: "/" });
  expect(code, stderr).toBe(0);
  const lines = stdout.trim().split("\n").filter(Boolean);
  return lines.flatMap((line) => {
    const { kind, intent, completion } = JSON.parse(line);
    const whole = kind === "exchange" && intent.connection && completion?.end === "completed";
    return whole ? [intent.id as string] : [];
  });
}

test("a processor speaks to Envoy's certificate alone", async () => {
  const { certificate, key } = newAuthority("Somebody else").issue(["envoy"], 1, "client");
  const { listen } = parse(readFileSync(fleet.replicas[0].config, "utf8"));
  expect(await spoken(listen.extproc)).toBe("");
  expect(await spoken(listen.extproc, { cert: certificate, key })).toBe("");
  const [cert, own] = ["envoy.pem", "envoy.key"].map((name) =>
    readFileSync(join(dirname(fleet.ca), name), "utf8"),
  );
  expect(await spoken(listen.extproc, { cert, key: own })).not.toBe("");
});

/** What a processor says to whoever comes with that certificate and HTTP/2's first words; nothing where it hangs up. */
async function spoken(
  address: string,
  pair: { readonly cert?: string | undefined; readonly key?: string | undefined } = {},
): Promise<string> {
  const [host = "", port = ""] = address.split(":");
  const socket = connect({
    host,
    port: Number(port),
    rejectUnauthorized: false,
    ALPNProtocols: ["h2"],
    ...pair,
  });
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  socket.write(Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings]));
  return new Promise((resolve) => {
    socket.once("data", (data) => {
      resolve(data.toString("hex"));
      socket.destroy();
    });
    socket.once("error", () => resolve(""));
    socket.once("close", () => resolve(""));
  });
}

test("0 failed requests, 0 lost approvals, 0 lost records", async () => {
  const heard: Heard[] = [];
  const failed: unknown[] = [];
  const stop = new AbortController();
  const workers = Array.from({ length: 4 }, () => worker(heard, failed, stop.signal));
  const parked = Array.from({ length: PARKED }, (_, count) => park(`parked-${count}`));
  await expect.poll(async () => (await pending()).length, { timeout: 30_000 }).toBe(PARKED);
  for (const replica of fleet.replicas) {
    const before = heard.length;
    expect(await replica.end()).toBe(0);
    await replica.start();
    await expect.poll(() => fleet.healthy(), { timeout: 30_000 }).toBe(2);
    expect(heard.length).toBeGreaterThan(before);
  }
  const waiting = await pending();
  expect(waiting.length).toBe(PARKED);
  for (const [index, { id }] of waiting.entries()) {
    const url = `${fleet.apis[index % 2]}/api/v1/approvals/${id}/approve`;
    expect((await asPerson(fleet, url, { reason: "Yes." })).status).toBe(200);
  }
  const released = await Promise.all(parked);
  stop.abort();
  await Promise.all(workers);
  expect(released.map(({ status }) => status)).toEqual(Array(PARKED).fill(201));
  expect(failed).toEqual([]);
  expect([...new Set(heard.map(({ status }) => status))]).toEqual([200]);
  for (const replica of fleet.replicas) await replica.end();
  const all = (await Promise.all(fleet.replicas.map(recorded))).flat();
  expect(new Set(all).size).toBe(all.length);
  const ids = [...heard.map(({ record }) => record), ...released.map(recordOf)];
  const missing = ids.filter((id) => !all.includes(id));
  expect(missing).toEqual([]);
  expect(all.length).toBe(ids.length);
  if (process.env["FIGURES"] !== undefined)
    console.log(
      `${heard.length} requests, ${PARKED} parked, ${failed.length} failed, ${all.length} records`,
    );
}, 180_000);

function recordOf({ headers }: Answer): string {
  return String(headers["x-sallyport-record"]);
}
