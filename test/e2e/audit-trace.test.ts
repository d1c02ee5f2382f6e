import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.ts";

/** What clients write into trace headers, through a real Envoy: no record and no span may be missing for it. */
let stack: Stack;

const policy = `rules:
  - id: reading
    when: { access: read }
    then: [ { inject: {} } ]
otherwise: [ { deny: {} } ]
`;
const rounds = Number(process.env["AUDIT_TRACE_ROUNDS"] ?? 200);

beforeAll(async () => {
  stack = await startStack({ policy, config: { approvals: { approvers: ["group:auditors"] } } });
}, 120_000);
afterAll(() => stack?.stop());

const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T;
const hex = (length: number): string =>
  Array.from({ length }, () => pick([..."0123456789abcdef"])).join("");

/** From sound to absurd: every version, flags that say "do not sample", zeros, cut, overlong, upper case. */
function traceparent(): string {
  const version = pick(["00", "00", "00", "01", "cc", "fe", "ff", "0", "zz"]);
  const trace = pick([
    hex(32),
    hex(32),
    "0".repeat(32),
    hex(31),
    hex(33),
    hex(32).toUpperCase(),
    "",
  ]);
  const span = pick([hex(16), hex(16), "0".repeat(16), hex(15), "g".repeat(16), ""]);
  const flags = pick(["00", "00", "01", "02", "ff", "0", "", "00-extra"]);
  return `${version}-${trace}-${span}-${flags}`.slice(0, pick([999, 999, 999, 20]));
}

function headers(): Record<string, string> {
  const noise = pick(["a=b", "sampled=0", "=,;", "x".repeat(2000), "\u00e9\u00ff", "%00%ff", ","]);
  const all = {
    traceparent: traceparent(),
    tracestate: pick([noise, `ot=p:0;r:62,${noise}`, "vendor=t61;sampled:0"]),
    baggage: pick([noise, "sallyport.audit=off,sampling.priority=0"]),
    "x-request-id": pick([hex(8), noise]),
    "x-b3-sampled": "0",
    b3: pick(["0", `${hex(32)}-${hex(16)}-0`]),
    "x-envoy-decorator-operation": noise,
    "x-ot-span-context": noise,
    "user-agent": noise,
    "uber-trace-id": `${hex(16)}:${hex(16)}:0:0`,
  };
  return Object.fromEntries(Object.entries(all).filter(() => Math.random() < 0.8));
}

test(`${rounds} requests with fuzzed trace headers leave as many records and spans`, async () => {
  const ids: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const path = `/api/v3/user${pick(["", "?in-a-query", "?in-a-query%ff\u00ff=%00"])}`;
    const answer = await stack.ask(path, { headers: headers() });
    expect(answer.status).toBe(200);
    ids.push(String(answer.headers["x-sallyport-record"]));
  }
  expect(new Set(ids).size).toBe(rounds);
  const spans = () =>
    new Set(
      stack.collector.spans
        .filter(({ kind }) => kind === 2)
        .map(({ attributes }) => String(attributes["sallyport.record.id"])),
    );
  await expect.poll(() => ids.filter((id) => !spans().has(id)).length, { timeout: 30_000 }).toBe(0);
  await expect.poll(strangers, { timeout: 30_000 }).toEqual([]);
  const told = stack.collector.bodies.map((body) => body.toString("latin1")).join("\n");
  expect(told).toContain("sallyport-envoy");
  expect(told).not.toContain("in-a-query");
  const ada = stack.person("ada", ["auditors"]);
  const found = async () =>
    JSON.parse((await ada("/api/v1/audit/records?connection=github-api&limit=1000")).text).records;
  await expect
    .poll(
      async () => {
        const known = new Set((await found()).map((record: Recorded) => record.intent?.id));
        return ids.filter((id) => !known.has(id)).length;
      },
      { timeout: 30_000 },
    )
    .toBe(0);
}, 180_000);

/** Audit spans outside of Envoy's own trace, which a client can neither name nor switch off. */
function strangers(): readonly unknown[] {
  const envoys = new Map(
    stack.collector.spans
      .filter(({ resource }) => resource["service.name"] === "sallyport-envoy")
      .map((span) => [span.spanId, span]),
  );
  return stack.collector.spans
    .filter(({ kind, resource }) => kind === 2 && resource["service.name"] !== "sallyport-envoy")
    .filter(({ parentId, traceId }) => envoys.get(parentId)?.traceId !== traceId)
    .map(({ name, parentId, traceId }) => ({ name, parentId, traceId }));
}

test("the trace that a client names is a link, and a request that names none has none", async () => {
  const traceId = hex(32);
  const span = async (headers: Record<string, string>) => {
    const answer = await stack.ask("/api/v3/user", { headers });
    const id = answer.headers["x-sallyport-record"];
    return stack.collector.span(
      ({ kind, attributes }) => kind === 2 && attributes["sallyport.record.id"] === id,
      30_000,
    );
  };
  const named = await span({ traceparent: `00-${traceId}-${hex(16)}-00` });
  expect(named.traceId).not.toBe(traceId);
  expect(named.links.map((link) => link.traceId)).toEqual([traceId]);
  const unnamed = await span({ "x-sallyport-client-traceparent": `00-${traceId}-${hex(16)}-01` });
  expect(unnamed.links).toEqual([]);
  const { hostname, port } = new URL(stack.upstream.url);
  expect(unnamed.attributes).toMatchObject({
    "server.address": hostname,
    "server.port": Number(port),
  });
  expect(Object.keys(unnamed.attributes)).not.toContain("sallyport.client.traceparent");
}, 120_000);

interface Recorded {
  readonly intent?: { readonly id: string };
}
