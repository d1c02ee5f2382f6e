import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { approverOf } from "../../../../src/approvals/approver.ts";
import type { ApprovalId } from "../../../../src/core/ids.ts";
import { openHouse, someFacts, someone, stillOpen } from "../../approvals/house.ts";

const never = new AbortController().signal;

describe("approve", () => {
  let house: Awaited<ReturnType<typeof openHouse>>;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.end());

  const approve = (id: ApprovalId, name = "ann") =>
    house.approvals.say(id, {
      kind: "approve",
      by: approverOf(someone(name)),
      reason: "",
      breakGlass: false,
    });
  const deny = (id: ApprovalId, reason: string) =>
    house.approvals.say(id, { kind: "deny", by: approverOf(someone("ann")), reason });
  const stateOf = async (id: ApprovalId) => (await house.approvals.get(id))?.standing.state;

  test("holds the request until somebody says yes, then lets it through", async () => {
    const parking = await house.park(someFacts());
    const settled = parking.settle(never);
    expect(await stillOpen(settled)).toBe(true);
    await approve(parking.approval);
    expect(await settled).toEqual({ kind: "proceed", edits: {} });
    expect(await stateOf(parking.approval)).toBe("consumed");
  });

  test("after a no, refuses in the words of whoever said it, and a retry does not ask again", async () => {
    const parking = await house.park(someFacts());
    const settled = parking.settle(never);
    await deny(parking.approval, "use the template");
    expect(await settled).toMatchObject({ kind: "refuse", code: "approval_denied" });
    expect(await settled).toHaveProperty("message", expect.stringContaining("use the template"));
    const retry = await house.park(someFacts());
    expect(retry.approval).toBe(parking.approval);
    expect(await retry.settle(never)).toMatchObject({ code: "approval_denied" });
  });

  test("at the end of the hold says where to look and to come back; the retry goes through once", async () => {
    const parking = await house.park(someFacts(), { by: "group:platform", hold: "1m" });
    const settled = parking.settle(never);
    house.clock.advance(60_000);
    expect(await settled).toMatchObject({ kind: "refuse", code: "approval_pending" });
    const { message } = (await settled) as { message: string };
    expect(message).toContain(parking.approval);
    expect(message).toContain(`https://sallyport.example/approvals/${parking.approval}`);
    expect(message).toContain("repeat the same request");
    await approve(parking.approval);

    const retry = await house.park(someFacts(), { by: "group:platform", hold: "1m" });
    expect(retry.approval).toBe(parking.approval);
    expect(await retry.settle(never)).toMatchObject({ kind: "proceed" });
    const third = await house.park(someFacts(), { by: "group:platform", hold: "1m" });
    expect(third.approval).not.toBe(parking.approval);
    expect(await stillOpen(third.settle(never))).toBe(true);
  });

  test("of two copies that wait, one goes through and the other is told", async () => {
    const [a, b] = [await house.park(someFacts()), await house.park(someFacts())];
    expect(a.approval).toBe(b.approval);
    const both = Promise.all([a.settle(never), b.settle(never)]);
    await approve(a.approval);
    const kinds = (await both).map(({ kind }) => kind).sort();
    expect(kinds).toEqual(["proceed", "refuse"]);
  });

  test("refuses when nobody decides in time", async () => {
    const parking = await house.park(someFacts(), { by: "group:platform", within: "2m" });
    const settled = parking.settle(never);
    house.clock.advance(121_000);
    expect(await settled).toMatchObject({ code: "approval_expired" });
    expect(await stateOf(parking.approval)).toBe("expired");
  });

  test("an approval that comes too late lets nothing through", async () => {
    const parking = await house.park(someFacts(), {
      by: "group:platform",
      within: "2m",
      hold: "1m",
    });
    await approve(parking.approval);
    house.clock.advance(120_000);
    const retry = await house.park(someFacts(), { by: "group:platform", within: "2m", hold: "1m" });
    expect(retry.approval).not.toBe(parking.approval);
  });

  test.each([
    ["another body", { body: '{"name":"other"}' }],
    ["another path", { path: "/orgs/evil/repos" }],
    ["another query", { path: "/orgs/acme/repos?visibility=public" }],
    ["another method", { method: "PUT" }],
    ["another principal", { principal: someone("sam", { groups: [] }) }],
    ["another session", { session: "ses_2" }],
    ["another media type", { contentType: "application/x-www-form-urlencoded" }],
  ])("%s needs an approval of its own", async (_, change) => {
    const parking = await house.park(someFacts());
    await approve(parking.approval);
    const other = await house.park(someFacts(change));
    expect(other.approval).not.toBe(parking.approval);
    expect(await stillOpen(other.settle(never))).toBe(true);
  });

  test("changed terms need an approval of their own", async () => {
    const parking = await house.park(someFacts(), { by: "group:platform" });
    await approve(parking.approval);
    const other = await house.park(someFacts(), { by: "group:platform", count: 2 });
    expect(other.approval).not.toBe(parking.approval);
  });

  test("a client that leaves withdraws its ask", async () => {
    const client = new AbortController();
    const parking = await house.park(someFacts());
    const settled = parking.settle(client.signal);
    await stillOpen(settled);
    client.abort();
    expect(await settled).toMatchObject({ kind: "refuse" });
    expect(await stateOf(parking.approval)).toBe("cancelled");
  });

  test("a client that leaves while its retry waits takes nothing from the retry", async () => {
    const client = new AbortController();
    const first = (await house.park(someFacts())).settle(client.signal);
    const retry = await house.park(someFacts());
    const settled = retry.settle(never);
    client.abort();
    await first;
    await approve(retry.approval);
    expect(await settled).toMatchObject({ kind: "proceed" });
  });

  test("a model call that hangs up stays asked, for its retry", async () => {
    const operation = {
      protocol: "chat",
      name: "model.call",
      access: "write",
      resource: "api.githubcopilot.com",
      attributes: {},
    } as const;
    const client = new AbortController();
    const parking = await house.park(someFacts({ operation }));
    const settled = parking.settle(client.signal);
    client.abort();
    await settled;
    expect(await stateOf(parking.approval)).toBe("pending");
  });

  test("an approval for a client that has left is not used up", async () => {
    const client = new AbortController();
    const parking = await house.park(someFacts(), { by: "group:platform", onLeave: "keep" });
    client.abort();
    await approve(parking.approval);
    expect(await parking.settle(client.signal)).toMatchObject({ kind: "refuse" });
    expect(await stateOf(parking.approval)).toBe("approved");
  });

  test("an MCP retry with another request id is the same request", async () => {
    const call = (id: number, name = "x") =>
      JSON.stringify({
        jsonrpc: "2.0",
        id,
        method: "tools/call",
        params: { name: "create_repository", arguments: { name }, _meta: { progressToken: id } },
      });
    const first = await house.park(someFacts({ body: call(4) }));
    expect((await house.park(someFacts({ body: call(5) }))).approval).toBe(first.approval);
    expect((await house.park(someFacts({ body: call(5, "y") }))).approval).not.toBe(first.approval);
  });

  test("two rules on one request: nothing is used up before both have been satisfied", async () => {
    const facts = someFacts();
    const one = await house.park(facts, { by: "group:platform" });
    const two = await house.park(facts, { by: "group:security" });
    const both = Promise.all([one.settle(never), two.settle(never)]);
    await approve(one.approval);
    expect(await stillOpen(both.then(([first]) => first))).toBe(true);
    expect(await stateOf(one.approval)).toBe("approved");
    const security = approverOf(someone("sue", { groups: ["security"] }));
    await house.approvals.say(two.approval, {
      kind: "approve",
      by: security,
      reason: "",
      breakGlass: false,
    });
    expect((await both).map(({ kind }) => kind)).toEqual(["proceed", "proceed"]);
    expect([await stateOf(one.approval), await stateOf(two.approval)]).toEqual([
      "consumed",
      "consumed",
    ]);
  });

  test("two rules, settled one after the other, also go through", async () => {
    const facts = someFacts();
    const one = await house.park(facts);
    await approve(one.approval);
    expect(await one.settle(never)).toMatchObject({ kind: "proceed" });
    const two = await house.park(facts, { by: "group:platform", count: 1, reason: "required" });
    await house.approvals.say(two.approval, {
      kind: "approve",
      by: approverOf(someone("bob")),
      reason: "checked",
      breakGlass: false,
    });
    expect(await two.settle(never)).toMatchObject({ kind: "proceed" });
  });
});
