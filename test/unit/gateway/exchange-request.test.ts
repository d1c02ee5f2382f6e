import { describe, expect, test, vi } from "vitest";
import { edit, type Outcome, refuse } from "../../../src/core/outcome.ts";
import { Fields } from "../../../src/http/fields.ts";
import { passThrough } from "../../../src/http/transform.ts";
import { allow, create, json, play, story } from "./play.ts";
import { requestBody, requestHead, responseHead } from "./scene.ts";
import { open } from "./scene-folder.ts";

describe("a request that may go on", () => {
  test("of a head alone: the credential goes in, the job's own never, and nothing else is sent", async () => {
    const scene = open();
    play(scene, requestHead("GET", "/api/v3/user", { fields: { authorization: "Bearer job" } }));
    await story(scene, "requestHead");
    const { set, remove } = scene.port.headers("requestHead");
    expect(set).toEqual({ "accept-encoding": "identity", authorization: "token stored" });
    expect(remove).toContain("proxy-authorization");
    expect(remove).toContain("cookie");
    play(scene, responseHead(204));
    expect(scene.port.story).toBe("requestHead responseHead");
    await vi.waitFor(() =>
      expect(scene.completions).toMatchObject([{ end: "completed", status: 204, requestBytes: 0 }]),
    );
    expect(scene.watched()).toBe(false);
  });

  test("where nothing is put in, the job's own credential is taken out all the same", async () => {
    const scene = open({ enforce: () => edit({}) });
    play(scene, requestHead("GET", "/api/v3/user", { fields: { authorization: "Bearer job" } }));
    await story(scene, "requestHead");
    expect(scene.port.headers("requestHead").remove).toContain("authorization");
  });

  test("with a body: in order, ended once, though Envoy sends the end twice", async () => {
    const scene = open();
    play(
      scene,
      requestHead("POST", "/api/v3/user/repos", { end: false, fields: json }),
      requestBody(create.slice(0, 5), false),
      requestBody(create.slice(5), true),
      requestBody("", true),
    );
    await vi.waitFor(() => expect(scene.port.story).toMatch(/requestBody\.$/));
    play(scene, requestBody("", true), requestBody("late", false));
    expect(scene.port.body("requestBody")).toBe(create);
    expect(scene.port.story.match(/requestBody\./g)).toHaveLength(1);
  });

  test("with an empty body: the end alone", async () => {
    const scene = open();
    play(scene, requestHead("GET", "/api/v3/user", { end: false }), requestBody("", true));
    await story(scene, "requestHead requestBody.");
    expect(scene.port.body("requestBody")).toBe("");
  });

  test("with trailers: they come last, and without credentials", async () => {
    const scene = open();
    play(
      scene,
      requestHead("POST", "/api/v3/user/repos", { end: false, fields: json }),
      requestBody(create, false),
      { kind: "requestTrailers", fields: new Fields([["authorization", "Bearer job"]]) },
    );
    await story(scene, "requestHead requestBody requestTrailers");
    expect(scene.port.headers("requestTrailers").remove).toContain("authorization");
  });

  test("goes on while its body still comes, once it is known what it asks", async () => {
    const scene = open();
    play(scene, requestHead("GET", "/api/v3/user", { end: false }), requestBody("one", false));
    await vi.waitFor(() => expect(scene.port.body("requestBody")).toBe("one"));
    play(scene, requestBody(" two", false), requestBody(" three", true));
    await vi.waitFor(() => expect(scene.port.body("requestBody")).toBe("one two three"));
    expect(scene.port.story).toMatch(/requestBody\.$/);
  });

  test("is paused while Envoy takes no more, and resumed when it does", async () => {
    const scene = open();
    scene.port.congested = true;
    play(scene, requestHead("GET", "/api/v3/user", { end: false }), requestBody("one", false));
    await vi.waitFor(() => expect(scene.port.body("requestBody")).toBe("one"));
    expect(scene.port.paused).toBeGreaterThan(0);
    play(scene, requestBody("two", true));
    expect(scene.port.body("requestBody")).toBe("one");
    scene.port.congested = false;
    scene.exchange.drained();
    await vi.waitFor(() => expect(scene.port.body("requestBody")).toBe("onetwo"));
    expect(scene.port.resumed).toBeGreaterThan(0);
  });
});

describe("nothing moves before it is written down", () => {
  test("neither the request nor a refusal", async () => {
    for (const enforce of [allow, (): Outcome => refuse("denied", "No.")]) {
      let written: () => void = () => undefined;
      const intents: string[] = [];
      const audit = {
        intent: ({ decision }: { readonly decision: string }) => {
          intents.push(decision);
          return new Promise<void>((resolve) => {
            written = resolve;
          });
        },
        complete: () => undefined,
      };
      const scene = open({ enforce, parts: { audit } });
      play(scene, requestHead("GET", "/api/v3/user"));
      await vi.waitFor(() => expect(intents).toHaveLength(1));
      expect(scene.port.steps).toEqual([]);
      written();
      await vi.waitFor(() => expect(scene.port.steps).toHaveLength(1));
    }
  });

  test("and where it cannot be written, nothing moves at all", async () => {
    const audit = { intent: () => Promise.reject(new Error("full")), complete: () => undefined };
    const scene = open({ parts: { audit } });
    play(scene, requestHead("GET", "/api/v3/user"));
    await story(scene, "reply");
    expect(scene.port.reply?.status).toBe(503);
    expect(scene.faults).toEqual(["audit: full"]);
  });
});

describe("a request that may not go on", () => {
  test("is answered when the client has sent everything, and not one byte of it is sent on", async () => {
    const scene = open({ enforce: () => refuse("denied", "Not today.") });
    play(scene, requestHead("DELETE", "/api/v3/repos/acme/app", { end: false }));
    await vi.waitFor(() => expect(scene.intents).toHaveLength(1));
    play(scene, requestBody("x".repeat(60), false));
    expect(scene.port.steps).toEqual([]);
    play(scene, requestBody("y", true), requestBody("", true));
    expect(scene.port.story).toBe("reply");
    expect(scene.port.reply).toMatchObject({
      status: 403,
      message: expect.stringContaining("Not today."),
    });
    await vi.waitFor(() =>
      expect(scene.completions).toMatchObject([{ end: "refused", status: 403, requestBytes: 61 }]),
    );
  });

  test("is answered in the middle of a body that does not end", async () => {
    const scene = open({ enforce: () => refuse("denied", "No.") });
    play(scene, requestHead("DELETE", "/api/v3/repos/acme/app", { end: false }));
    await vi.waitFor(() => expect(scene.intents).toHaveLength(1));
    play(scene, requestBody("x".repeat(100), false));
    expect(scene.port.steps).toEqual([]);
    play(scene, requestBody("x", false), requestBody("x", false), requestBody("x", true));
    expect(scene.port.story).toBe("reply");
  });

  test.each([
    ["an unknown route", requestHead("GET", "/elsewhere", { route: "nowhere" }), 404],
    ["a path that does not belong to its route", requestHead("GET", "/elsewhere"), 400],
    ["a dot segment", requestHead("GET", "/api/v3/repos/%2e%2e/x"), 400],
  ])("%s is refused before anybody is asked who it is", async (_name, head, status) => {
    const authenticate = vi.fn();
    const scene = open({
      parts: { authenticator: { authenticate, onRevoked: () => () => undefined } },
    });
    play(scene, head);
    await story(scene, "reply");
    expect(scene.port.reply?.status).toBe(status);
    expect(authenticate).not.toHaveBeenCalled();
    expect(scene.intents).toMatchObject([{ decision: "deny" }]);
  });

  test("a bug while judging is a 503 that does not tell of it", async () => {
    const enforce = (): Outcome => {
      throw new Error("secret detail");
    };
    const scene = open({ enforce });
    play(scene, requestHead("GET", "/api/v3/user"));
    await story(scene, "reply");
    expect(scene.port.reply?.status).toBe(503);
    expect(scene.port.reply?.message).not.toContain("secret detail");
    expect(scene.faults).toEqual(["admit: secret detail"]);
  });

  test("a body in a coding that nobody here can undo is not masked unread", async () => {
    const masker = { open: () => passThrough };
    const scene = open({ enforce: () => edit({ requestMaskers: [masker] }) });
    const fields = { ...json, "content-encoding": "zstd-of-tomorrow" };
    play(scene, requestHead("GET", "/api/v3/user", { end: false, fields }), requestBody("?", true));
    await story(scene, "reply");
    expect(scene.port.reply?.status).toBe(400);
  });

  test("a second head is nothing that Envoy may send", () => {
    const scene = open();
    play(scene, requestHead("GET", "/api/v3/user"));
    expect(() => play(scene, requestHead("GET", "/api/v3/user"))).toThrow(TypeError);
  });
});
