import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createApi } from "../../../src/api/api.ts";
import { serveApi } from "../../../src/api/server.ts";
import { err, ok } from "../../../src/base/result.ts";
import type { Principal } from "../../../src/core/principal.ts";
import type { Completion, Intent } from "../../../src/core/record.ts";
import { openHouse, someFacts, someone } from "../approvals/house.ts";

const people: Readonly<Record<string, Principal>> = {
  ann: someone("ann"),
  bob: someone("bob"),
  rita: someone("rita", { groups: [] }),
  otto: someone("otto", { groups: ["others"] }),
};

interface Json {
  readonly code: string;
  readonly approvals: readonly { readonly id: string }[];
  readonly openapi: string;
  readonly components: { readonly schemas: object };
  readonly paths: object;
}

describe("the approvals API", () => {
  let house: Awaited<ReturnType<typeof openHouse>>;
  let intents: Intent[];
  let completions: Completion[];
  let auditFails: boolean;
  const api = () =>
    createApi({
      approvals: house.approvals,
      clock: house.clock,
      version: "1.2.3",
      authenticate: async (authorization) => {
        const who = people[/^Bearer (\w+)$/.exec(authorization ?? "")?.[1] ?? ""];
        return who === undefined ? err("No valid token was presented.") : ok(who);
      },
      audit: {
        intent: async (intent) => {
          if (auditFails) throw new Error("disk full");
          intents.push(intent);
        },
        complete: (completion) => void completions.push(completion),
      },
      ready: async () => [{ name: "state", ok: !auditFails, detail: "as it is" }],
      metrics: async () => "up 1\n",
    });
  const call = async (who: string, path: string, body?: object | string) => {
    const response = await api().request(`/api/v1/approvals${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${who}`, "content-type": "application/json" },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Json, response };
  };
  beforeEach(async () => {
    house = await openHouse();
    intents = [];
    completions = [];
    auditFails = false;
  });
  afterEach(() => house.end());

  test("shows who asks, what for, by which rule, the request, and what the caller may do", async () => {
    const { approval } = await house.park(someFacts());
    const { status, body } = await call("ann", `/${approval}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: approval,
      state: "pending",
      requester: { principal: "idp:rita" },
      rule: "new-repositories-need-a-person",
      operations: [{ name: "repository.create", resource: "github.com/acme/new" }],
      request: { method: "POST", path: "/orgs/acme/repos", body: '{"name":"new"}' },
      findings: [],
      says: [],
      expiresAt: "2026-01-02T00:00:00.000Z",
      you: { mayDecide: true, mayBreakGlass: false },
    });
  });

  test("lists what the caller may see", async () => {
    const { approval } = await house.park(someFacts());
    const ids = async (who: string, query = "") =>
      (await call(who, query)).body.approvals.map(({ id }) => id);
    expect(await ids("ann")).toEqual([approval]);
    expect(await ids("ann", "?state=pending")).toEqual([approval]);
    expect(await ids("ann", "?state=denied")).toEqual([]);
    expect(await ids("rita")).toEqual([approval]);
    expect(await ids("otto")).toEqual([]);
  });

  test.each([
    ["the requester", "rita", "requester"],
    ["somebody whom the rule does not name", "otto", "not_entitled"],
  ])("approving by %s is forbidden", async (_, who, code) => {
    const { approval } = await house.park(someFacts());
    const { status, body, response } = await call(who, `/${approval}/approve`, {});
    expect([status, body.code]).toEqual([403, code]);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    expect((await house.approvals.get(approval))?.standing.state).toBe("pending");
  });

  test("nobody approves for the CI actor that they are, under whatever name", async () => {
    const claims = { actor: "Ann", triggering_actor: "ann" };
    const robot = someone("repo:acme/app", { groups: [], claims });
    const { approval } = await house.park(someFacts({ principal: robot }));
    expect((await call("ann", `/${approval}/approve`, {})).body.code).toBe("requester");
    expect((await call("bob", `/${approval}/approve`, {})).status).toBe(200);
  });

  test("answers approve with the new state, and a second word with 409", async () => {
    const { approval } = await house.park(someFacts());
    const first = await call("ann", `/${approval}/approve`, { reason: "reviewed" });
    expect(first.body).toMatchObject({
      state: "approved",
      says: [{ by: "idp:ann", verdict: "approve", reason: "reviewed" }],
    });
    expect((await call("bob", `/${approval}/approve`, {})).status).toBe(409);
    expect((await call("bob", `/${approval}/deny`, {})).status).toBe(409);
  });

  test("says 410 when the time is over", async () => {
    const { approval } = await house.park(someFacts());
    house.clock.advance(86_400_000);
    expect((await call("ann", `/${approval}/approve`, {})).status).toBe(410);
  });

  test.each([
    ["an unknown id", "/apr_AAAAAAAAAAAAAAAAAAAAAA/approve", {}, 404],
    ["an id that is none", "/..%2f..%2fetc/approve", {}, 404],
    ["an unknown key", "/ID/approve", { resaon: "x" }, 400],
    ["no JSON", "/ID/approve", "{", 400],
    ["a body that is too long", "/ID/approve", { reason: "x".repeat(70_000) }, 413],
    [
      "a grant that the rule does not offer",
      "/ID/approve",
      { grant: { scope: "session", for: "1h" } },
      422,
    ],
  ])("refuses %s", async (_, path, body, status) => {
    const { approval } = await house.park(someFacts());
    expect((await call("ann", path.replace("ID", approval), body)).status).toBe(status);
  });

  test("takes no word without a token, and records the try", async () => {
    const { approval } = await house.park(someFacts());
    const response = await api().request(`/api/v1/approvals/${approval}/approve`, {
      method: "POST",
    });
    expect(response.status).toBe(401);
    expect(intents).toMatchObject([{ decision: "deny", method: "POST" }]);
    expect((await house.approvals.get(approval))?.standing.state).toBe("pending");
  });

  test("records each call before it takes effect, and does nothing that it cannot record", async () => {
    const { approval } = await house.park(someFacts());
    await call("ann", `/${approval}/deny`, { reason: "no" });
    expect(intents).toMatchObject([
      {
        decision: "allow",
        principal: { id: "idp:ann" },
        operations: [{ name: "approvals.deny", resource: `approvals/${approval}` }],
      },
    ]);
    expect(completions).toMatchObject([{ status: 200 }]);
    const other = await house.park(someFacts({ body: "{}" }));
    auditFails = true;
    expect((await call("ann", `/${other.approval}/approve`, {})).status).toBe(503);
    expect((await house.approvals.get(other.approval))?.standing.state).toBe("pending");
  });

  test("tells changes as they happen", async () => {
    const { url, close } = await serveApi(api(), { host: "127.0.0.1", port: 0 });
    try {
      const events = await fetch(`${url}api/v1/approvals/events`, {
        headers: { authorization: "Bearer ann" },
      });
      expect(events.headers.get("content-type")).toContain("text/event-stream");
      const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
      expect((await reader.read()).value).toBe(": open\n\n");
      const { approval } = await house.park(someFacts());
      const { value } = await reader.read();
      expect(value).toContain("event: approval");
      expect(value).toContain(`"id":"${approval}","state":"pending"`);
      await reader.cancel();
    } finally {
      await close();
    }
  });

  test("refuses two Authorization headers", async () => {
    const { url, close } = await serveApi(api(), { host: "127.0.0.1", port: 0 });
    try {
      const { request } = await import("node:http");
      const status = await new Promise((resolve) => {
        const call = request(`${url}api/v1/approvals`, { method: "GET" }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        call.setHeader("authorization", ["Bearer ann", "Bearer bob"]);
        call.end();
      });
      expect(status).toBe(401);
    } finally {
      await close();
    }
  });

  test("is alive, ready or not, and measured", async () => {
    const get = (path: string) => api().request(path);
    expect((await get("/healthz")).status).toBe(200);
    expect((await get("/readyz")).status).toBe(200);
    expect(await (await get("/metrics")).text()).toBe("up 1\n");
    auditFails = true;
    expect((await get("/readyz")).status).toBe(503);
    expect((await get("/readyz?exclude=audit")).status).toBe(503);
    expect((await get("/readyz?exclude=state")).status).toBe(200);
    expect((await get("/nowhere")).status).toBe(404);
  });

  test("describes itself, down to the last reference", async () => {
    const document = (await (await api().request("/api/v1/openapi.json")).json()) as Json;
    expect(document.openapi).toBe("3.1.0");
    const text = JSON.stringify(document);
    const refs = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect(refs.length).toBeGreaterThan(10);
    for (const name of refs) expect(document.components.schemas).toHaveProperty(name!);
    expect(document.paths).toHaveProperty(["/api/v1/approvals/{id}/approve", "post"]);
  });
});
