import { afterEach, describe, expect, test } from "vitest";
import { newApprovalId } from "../../src/core/ids.ts";
import type { Settled } from "../../src/core/outcome.ts";
import type { OpenStream } from "../../src/extproc/transport.ts";
import { type BareStack, startBareStack } from "../support/bare-stack.ts";
import { H2Client, RawClient, run } from "../support/clients.ts";
import { askForRepository } from "../support/parked-request.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** Whatever dies, and however: the client is refused and the upstream has seen nothing. */
let bare: BareStack | undefined;
let whole: Stack | undefined;
afterEach(async () => {
  await bare?.stop();
  await whole?.stop();
  bare = undefined;
  whole = undefined;
});

const never = new Promise<Settled>(() => undefined);
const parked = () => ({
  kind: "park" as const,
  parking: { approval: newApprovalId(), hold: 60_000, settle: () => never },
});

const parkingPolicy = `rules:
  - id: writes-wait
    when: { access: write }
    then: [ { approve: { by: "group:maintainers", hold: 1h } }, { inject: {} } ]
  - id: reading
    when: { access: read }
    then: [ { mask: {} }, { inject: {} } ]
otherwise: [ { deny: { reason: "No." } } ]
`;

async function startWaiting(stack: Stack): Promise<RawClient> {
  const client = await askForRepository(stack, "x");
  const alice = stack.person("alice", ["maintainers"]);
  const count = async () =>
    JSON.parse((await alice("/api/v1/approvals?state=pending")).text).approvals.length;
  await expect.poll(count, { timeout: 10_000 }).toBe(1);
  return client;
}

test("the processor is killed with SIGKILL while a request is parked", async () => {
  whole = await startStack({ policy: parkingPolicy });
  const client = await startWaiting(whole);
  const before = whole.upstream.bytesReceived();
  process.kill(whole.process.pid ?? 0, "SIGKILL");
  expect([403, 503]).toContain(await client.status());
  expect(whole.upstream.bytesReceived()).toBe(before);
});

test("the processor is told to stop while a request is parked: it exits 0, and the approval is kept", async () => {
  whole = await startStack({ policy: parkingPolicy });
  const client = await startWaiting(whole);
  const before = whole.upstream.bytesReceived();
  const exit = whole.terminate();
  expect([0, 403, 503]).toContain(
    await client.until(() => client.socket.closed, 60_000).then(() => client.status()),
  );
  expect(await exit).toBe(0);
  expect(whole.upstream.bytesReceived()).toBe(before);
}, 90_000);

test("the processor stops altogether: 503 in GitHub's shape, with a case id", async () => {
  bare = await startBareStack();
  await bare.server.drain({ deadline: 0 });
  const h2 = await H2Client.connect(bare);
  const before = bare.upstream.bytesReceived();
  const answer = await h2.ask("/api/v3/user");
  expect(answer.status).toBe(503);
  expect(JSON.parse(answer.body.toString()).message).toContain("Nothing was forwarded");
  expect(answer.headers["x-github-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(bare.upstream.bytesReceived()).toBe(before);
  h2.close();
});

describe("a processor that ends its stream cleanly, which ours never does", () => {
  /** Ends the stream with OK after its first message, whatever the exchange was about to say. */
  const endsCleanly =
    (when: "first" | "response"): ((open: OpenStream) => OpenStream) =>
    (open) =>
    (stream) => {
      const listener = open(stream);
      let messages = 0;
      return {
        ...listener,
        message: (bytes) => {
          messages += 1;
          listener.message(bytes);
          if (when === "first" && messages === 1) stream.end();
        },
        drained: () => listener.drained(),
        halfClosed: () => listener.halfClosed(),
        handOver: () => listener.handOver(),
        closed: () => listener.closed(),
      };
    };

  test.each([
    ["GET", undefined],
    ["POST", '{"name":"x"}'],
  ])("%s, while parked: the latch answers 403 and nothing is forwarded", async (method, body) => {
    bare = await startBareStack({ enforce: parked, wrap: endsCleanly("first") });
    const h2 = await H2Client.connect(bare);
    const before = bare.upstream.bytesReceived();
    const answer = await h2.ask("/api/v3/user/repos", {
      method,
      ...(body === undefined ? {} : { body }),
    });
    expect(answer.status).toBe(403);
    expect(bare.upstream.bytesReceived()).toBe(before);
    h2.close();
  });
});

describe("a fault of our own", () => {
  test("while judging: 503, a fault told, nothing forwarded", async () => {
    bare = await startBareStack({
      enforce: () => {
        throw new Error("a bug");
      },
    });
    const h2 = await H2Client.connect(bare);
    const answer = await h2.ask("/api/v3/user");
    expect([answer.status, bare.upstream.bytesReceived()]).toEqual([503, 0]);
    expect(bare.faults).toHaveLength(1);
    expect(answer.body.toString()).not.toContain("a bug");
    h2.close();
  });

  test("when the audit cannot be written: 503, nothing forwarded", async () => {
    bare = await startBareStack({
      parts: {
        audit: {
          intent: () => Promise.reject(new Error("the disk is full")),
          complete: () => undefined,
        },
      },
    });
    const h2 = await H2Client.connect(bare);
    const answer = await h2.ask("/api/v3/user");
    expect([answer.status, bare.upstream.bytesReceived()]).toEqual([503, 0]);
    expect(answer.body.toString()).toContain("cannot record");
    h2.close();
  });

  test("while masking: the response is cut or refused, never passed on unmasked", async () => {
    const broken = {
      open: () => ({
        write: () => {
          throw new Error("a bug in a masker");
        },
        flush: () => new Uint8Array(0),
      }),
    };
    bare = await startBareStack({ parts: { credentialMasker: () => broken } });
    const { stdout } = await run("curl", ["-s", "--cacert", bare.ca, `${bare.proxy}/api/v3/user`], {
      cwd: "/",
    });
    expect(stdout).not.toContain("demo-bot");
    expect(bare.faults).toEqual([expect.objectContaining({ message: "a bug in a masker" })]);
  });
});

test("a client that leaves a parked request is noticed within a second, over both versions", async () => {
  const aborted: number[] = [];
  let waiting = 0;
  bare = await startBareStack({
    enforce: () => ({
      kind: "park",
      parking: {
        approval: newApprovalId(),
        hold: 60_000,
        settle: (gone) => {
          waiting += 1;
          gone.addEventListener("abort", { handleEvent: () => aborted.push(Date.now()) });
          return never;
        },
      },
    }),
  });
  const one = await RawClient.connect(bare);
  await one.write("GET /api/v3/user HTTP/1.1\r\nhost: localhost\r\n\r\n");
  const h2 = await H2Client.connect(bare);
  const leaving = new AbortController();
  const two = h2.ask("/api/v3/user", { signal: leaving.signal });
  two.catch(() => undefined);
  const stack = bare;
  await expect.poll(() => waiting, { timeout: 5_000 }).toBe(2);
  one.abort();
  leaving.abort();
  await expect.poll(() => aborted.length, { timeout: 1_000, interval: 20 }).toBe(2);
  expect(stack.upstream.bytesReceived()).toBe(0);
  h2.close();
});
