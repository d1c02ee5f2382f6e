import { gzipSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import type { Facts } from "../../../src/core/facts.ts";
import { Fields } from "../../../src/http/fields.ts";
import { json, planted, play, story } from "./play.ts";
import { requestBody, requestHead, responseBody, responseHead, type Scene } from "./scene.ts";
import { open } from "./scene-folder.ts";

describe("a response", () => {
  async function admitted(): Promise<Scene> {
    const scene = open();
    play(scene, requestHead("GET", "/api/v3/user"));
    await story(scene, "requestHead");
    return scene;
  }

  test("is masked in its head, its body across chunks, and its trailers", async () => {
    const scene = await admitted();
    play(
      scene,
      responseHead(200, {
        end: false,
        fields: { "content-type": "text/plain", "x-leak": planted },
      }),
      responseBody(`key ${planted.slice(0, 20)}`, false),
      responseBody(`${planted.slice(20)} end`, false),
      { kind: "responseTrailers", fields: new Fields([["x-note", planted]]) },
    );
    const all = JSON.stringify(scene.port.steps) + scene.port.body("responseBody");
    expect(all).not.toContain(planted);
    expect(scene.port.body("responseBody")).toBe("key ghp_[REDACTED:github-token:0123456789] end");
    expect(scene.port.headers("responseHead").set["x-leak"]).toContain("REDACTED");
    expect(scene.port.headers("responseTrailers").set["x-note"]).toContain("REDACTED");
    expect(scene.port.story).toMatch(/responseTrailers$/);
    await vi.waitFor(() => expect(scene.completions).toHaveLength(1));
    expect(scene.completions[0]?.scannedFor).toBeGreaterThan(0);
    expect(scene.completions[0]?.findings.map(({ channel }) => channel)).toEqual([
      "header.x-leak",
      "body",
      "trailer.x-note",
    ]);
  });

  test("in a coding that cannot be undone is not passed on", async () => {
    const scene = await admitted();
    play(scene, responseHead(200, { end: false, fields: { "content-encoding": "unheard-of" } }));
    play(scene, responseBody(planted, true));
    expect(scene.port.story).toBe("requestHead reply");
    expect(scene.port.reply?.status).toBe(502);
  });

  test("whose session is revoked in the middle is cut", async () => {
    const scene = await admitted();
    play(scene, responseHead(200, { end: false }), responseBody("one", false));
    scene.revoke();
    play(scene, responseBody("two", true));
    expect(scene.port.failures).toHaveLength(1);
    expect(scene.port.body("responseBody")).not.toContain("two");
    await vi.waitFor(() => expect(scene.completions).toMatchObject([{ end: "aborted" }]));
  });

  test("that ends twice ends once", async () => {
    const scene = await admitted();
    play(scene, responseHead(200, { end: false }), responseBody("x", true), responseBody("", true));
    expect(scene.port.story.match(/responseBody\./g)).toHaveLength(1);
  });

  test("to a request that never came is Envoy's own: recorded, and named by our case id", async () => {
    for (const [status, decision] of [
      [401, "deny"],
      [503, "error"],
    ] as const) {
      const scene = open();
      play(scene, responseHead(status, { end: false }), responseBody("Jwt is expired", true));
      expect(scene.port.story).toMatch(/^responseHead responseBody/);
      expect(scene.port.body("responseBody")).toBe("Jwt is expired");
      await vi.waitFor(() => expect(scene.completions).toHaveLength(1));
      const [intent] = scene.intents;
      expect(intent).toMatchObject({ decision, method: "GET", path: "/x" });
      const { set } = scene.port.headers("responseHead");
      expect(set["x-github-request-id"]).toBe(intent?.id);
    }
  });

  test("that comes after the end is not sent", async () => {
    const scene = await admitted();
    scene.exchange.left();
    play(scene, responseHead(200, { end: false }), responseBody("late", true));
    expect(scene.port.body("responseBody")).not.toContain("late");
  });
});

describe("an answer that tells something", () => {
  test("of the model that gave it: its tokens are in the completion", async () => {
    const scene = open();
    play(
      scene,
      requestHead("POST", "/copilot/chat/completions", { end: false, route: "copilot@path0" }),
      requestBody('{"model":"m"}', true),
    );
    await story(scene, "requestHead requestBody requestBody.");
    const usage = { prompt_tokens: 2, completion_tokens: 3 };
    play(
      scene,
      responseHead(200, { end: false, fields: json }),
      responseBody(JSON.stringify({ model: "m-1", usage }), true),
    );
    await vi.waitFor(() =>
      expect(scene.completions[0]?.model).toEqual({ name: "m-1", inputTokens: 2, outputTokens: 3 }),
    );
  });

  test("of tools: it tells only of those that policy could let this caller use", async () => {
    const { policy } = open().parts;
    const couldLet = ({ operations: [operation] }: Facts) => operation.name !== "contents.write";
    const parts = { policy: () => ({ ...policy(), couldLet }) };
    const scene = open({ parts });
    play(
      scene,
      requestHead("POST", "/copilot/mcp", { end: false, route: "copilot@path0" }),
      requestBody('{"jsonrpc":"2.0","id":1,"method":"tools/list"}', true),
    );
    await story(scene, "requestHead requestBody requestBody.");
    const tools = ["get_me", "push_files"].map((name) => ({ name }));
    const whole = gzipSync(JSON.stringify({ jsonrpc: "2.0", id: 1, result: { tools } }));
    play(
      scene,
      responseHead(200, { end: false, fields: { ...json, "content-encoding": "gzip" } }),
      {
        kind: "responseBody",
        chunk: whole,
        end: true,
      },
    );
    const told = JSON.parse(scene.port.body("responseBody"));
    expect(told.result.tools).toEqual([{ name: "get_me" }]);
  });
});
