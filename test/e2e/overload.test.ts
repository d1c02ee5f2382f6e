import { afterAll, beforeAll, expect, it } from "vitest";
import { type Stack, startStack } from "../support/stack.ts";

const parked = `rules:
  - { id: people, when: { operation: repository.create }, then: [ { approve: { by: "group:platform", hold: 5m } } ] }
  - { id: reads, when: { access: read }, then: [ { inject: {} } ] }
otherwise: [ { deny: { reason: "No." } } ]
`;
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ policy: parked, config: { limits: { exchanges: 8 } } });
});
afterAll(() => stack.stop());

it("sheds with 503 what is one too many, tells the client so, and serves again when there is room", async () => {
  const headers = { "content-type": "application/json" };
  const waiting = Array.from({ length: 8 }, (_, number) => {
    const body = JSON.stringify({ name: `new-${number}` });
    return stack.ask("/api/v3/user/repos", { method: "POST", body, headers });
  });
  const person = stack.person("ada", ["platform"]);
  const pending = async (): Promise<readonly { readonly id: string }[]> =>
    JSON.parse((await person("/api/v1/approvals?state=pending&limit=50")).text).approvals;
  await expect.poll(pending, { timeout: 30_000 }).toHaveLength(8);

  const before = stack.upstream.bytesReceived();
  const shed = await stack.ask("/api/v3/user");
  expect(shed.status).toBe(503);
  expect(shed.text).toMatch(/too much to do/);
  expect(stack.upstream.bytesReceived()).toBe(before);

  for (const { id } of await pending())
    await person(`/api/v1/approvals/${id}/deny`, { reason: "No." });
  for (const { status } of await Promise.all(waiting)) expect(status).toBe(403);
  await expect.poll(async () => (await stack.ask("/api/v3/user")).status).toBe(200);
});
