import { expect, test, vi } from "vitest";
import { edit } from "../../../src/core/outcome.ts";
import { createMasker, replacing } from "../../../src/detection/masker.ts";
import { SessionReversal } from "../../../src/detection/reversible/session.ts";
import { compileRules } from "../../../src/detection/rule-set.ts";
import { defaultRules } from "../../../src/detection/rules/index.ts";
import { json, planted, play, story } from "./play.ts";
import { requestBody, requestHead, responseBody, responseHead } from "./scene.ts";
import { open as openScene } from "./scene-folder.ts";

const rules = compileRules(defaultRules);
const fingerprint = () => "0123456789";
const placeholder = "masked-01234567890123456789";
const known = ["known", "before", "7Qk2"].join("-");
const kept = new Map([[`masked-${"9".repeat(20)}`, Buffer.from(known)]]);

function open(save: () => Promise<boolean>, most = { values: 9, bytes: 4096 }) {
  const reversal = new SessionReversal({ fingerprint, kept, save, most });
  const masker = replacing(createMasker(rules, { fingerprint }), rules, {
    fingerprint,
    replace: reversal.replace,
  });
  const enforce = () => edit({ reversal, requestMaskers: [masker] });
  // The scene's own is made of all rules, where the house's knows nothing but stored credentials.
  const credentialMasker = () => createMasker(compileRules([]), { fingerprint });
  return openScene({ stage: "edit", enforce, parts: { credentialMasker } });
}

const ask = (body: string, path = "/api/v3/user/repos") =>
  [requestHead("POST", path, { end: false, fields: json }), requestBody(body, true)] as const;
const named = JSON.stringify({ name: "new", description: `token ${planted}, and ${known}` });

test("nothing goes on before it is kept; then the answer names the true values, and the record counts them", async () => {
  let keep: (kept: boolean) => void = () => undefined;
  const scene = open(
    () =>
      new Promise((resolve) => {
        keep = resolve;
      }),
  );
  play(scene, ...ask(named));
  await new Promise((done) => setTimeout(done, 20));
  expect(scene.port.story).toBe("");
  expect(scene.intents).toEqual([]);
  keep(true);
  await story(scene, "requestHead requestBody requestBody.");
  expect(scene.port.body("requestBody")).toBe(
    named.replace(planted, `ghp_${placeholder}`).replace(known, `masked-${"9".repeat(20)}`),
  );
  play(scene, responseHead(200, { end: false, fields: json }));
  play(scene, responseBody(`{"description":"ghp_${placeholder.slice(0, 9)}`, false));
  play(scene, responseBody(`${placeholder.slice(9)} and ${placeholder}"}`, true));
  const value = planted.slice(4);
  expect(scene.port.body("responseBody")).toBe(`{"description":"ghp_${value} and ${value}"}`);
  await vi.waitFor(() =>
    expect(scene.completions).toMatchObject([{ placeholders: { replaced: 2, restored: 2 } }]),
  );
  expect(JSON.stringify(scene.completions)).not.toContain(value);
});

test("where it cannot be kept nothing goes on, and the record says so", async () => {
  const scene = open(() => Promise.reject(new Error("the disk is gone")));
  play(scene, ...ask(named));
  await story(scene, "reply");
  expect(scene.port.reply).toMatchObject({ status: 503 });
  expect(scene.port.reply?.message).toMatch(/cannot keep.*Nothing was forwarded/);
  expect(scene.intents).toMatchObject([{ decision: "error" }]);
  expect(scene.faults).toEqual(["placeholders: the disk is gone"]);
});

test("where there is no room, what is new gets a mark and is counted once", async () => {
  const scene = open(async () => false);
  play(scene, ...ask(named));
  await story(scene, "requestHead requestBody requestBody.");
  expect(scene.port.body("requestBody")).toBe(
    named
      .replace(planted, "ghp_[REDACTED:github-token:0123456789]")
      .replace(known, `masked-${"9".repeat(20)}`),
  );
  play(scene, responseHead(204));
  await vi.waitFor(() =>
    expect(scene.completions).toMatchObject([{ placeholders: { replaced: 1, restored: 0 } }]),
  );
  expect(scene.completions[0]?.findings).toHaveLength(2);
});

test("a body that goes on before it is read has marks; what is known stays hidden", async () => {
  const scene = open(() => Promise.reject(new Error("nobody asked")));
  play(scene, ...ask(named, "/api/v3/nobody/knows/this"));
  await story(scene, "requestHead requestBody requestBody.");
  expect(scene.port.body("requestBody")).toBe(
    named
      .replace(planted, "ghp_[REDACTED:github-token:0123456789]")
      .replace(known, `masked-${"9".repeat(20)}`),
  );
});
