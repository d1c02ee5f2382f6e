import { describe, expect, test, vi } from "vitest";
import { edit } from "../../../src/core/outcome.ts";
import { create, json, parked, play } from "./play.ts";
import { requestBody, requestHead, responseHead } from "./scene.ts";
import { open } from "./scene-folder.ts";

describe("a parked request", () => {
  test("goes on after a yes, with its body", async () => {
    const person = parked();
    const scene = open({ enforce: person.enforce });
    play(
      scene,
      requestHead("POST", "/api/v3/user/repos", { end: false, fields: json }),
      requestBody(create, true),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(scene.port.steps).toEqual([]);
    person.say(edit({}));
    await vi.waitFor(() => expect(scene.port.body("requestBody")).toBe(create));
    expect(scene.intents).toMatchObject([{ decision: "approve" }]);
  });

  test("whose client leaves is void: a later yes moves nothing", async () => {
    const person = parked();
    const scene = open({ enforce: person.enforce });
    play(scene, requestHead("GET", "/api/v3/user"));
    await vi.waitFor(() => expect(scene.watched()).toBe(true));
    await new Promise((resolve) => setImmediate(resolve));
    scene.exchange.left();
    expect(person.gone()).toBe(true);
    person.say(edit({}));
    await vi.waitFor(() => expect(scene.completions).toMatchObject([{ end: "aborted" }]));
    expect(scene.port.steps).toEqual([]);
    expect(scene.watched()).toBe(false);
    scene.exchange.left();
    expect(scene.completions).toHaveLength(1);
  });

  test("whose session is revoked ends at once", async () => {
    const person = parked();
    const scene = open({ enforce: person.enforce });
    play(scene, requestHead("GET", "/api/v3/user"));
    await vi.waitFor(() => expect(scene.watched()).toBe(true));
    await new Promise((resolve) => setImmediate(resolve));
    scene.revoke();
    expect(scene.port.failures).toEqual(["the session was revoked"]);
    expect(person.gone()).toBe(true);
    person.say(edit({}));
    await new Promise((resolve) => setImmediate(resolve));
    expect(scene.port.steps).toEqual([]);
  });

  test("that Envoy answers by itself is not waited for any more", async () => {
    const person = parked();
    const scene = open({ enforce: person.enforce });
    play(scene, requestHead("GET", "/api/v3/user"));
    await vi.waitFor(() => expect(scene.watched()).toBe(true));
    await new Promise((resolve) => setImmediate(resolve));
    play(scene, responseHead(504));
    expect(person.gone()).toBe(true);
    person.say(edit({}));
    await new Promise((resolve) => setImmediate(resolve));
    expect(scene.port.story).toBe("responseHead");
  });
});
