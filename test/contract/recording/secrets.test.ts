import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listen } from "../../../src/assembly/listen.ts";
import { defaultRules } from "../../../src/detection/rules/index.ts";
import { Fields } from "../../../src/http/fields.ts";
import { exportForms, exportSession, isExportForm } from "../../../src/recording/export/index.ts";
import { SessionReader } from "../../../src/recording/read.ts";
import { folderShelf } from "../../../src/recording/shelf-file.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";
import {
  anOpening,
  happenings,
  openRecordingsIn,
  recordingKeys,
  recordingMasker,
} from "../../support/recordings.ts";

/** A secret of every form that a rule knows, in the text that gives it away. */
const corpus = defaultRules.flatMap(({ examples }) =>
  (examples?.secrets ?? []).flatMap((text) => {
    // How a lens shows a name and its value to the rules; no client sends that.
    if (text.startsWith("\0")) return [];
    const bytes = Buffer.from(text, "utf8");
    const secrets: string[] = [];
    const masking = recordingMasker.open("body", ({ offset, length }) =>
      secrets.push(bytes.subarray(offset, offset + length).toString("utf8")),
    );
    masking.write(bytes);
    masking.flush();
    return secrets.length === 0 ? [] : [{ text, secrets }];
  }),
);

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

test("of a planted corpus, in both directions and in headers, nothing is in recordings, index or exports, sealed or opened", async () => {
  expect(corpus.length).toBeGreaterThan(100);
  const { store, recorder } = await openRecordingsIn(folder.path);
  for (const { text, secrets } of corpus) {
    const header = secrets.filter((secret) => /^[\x21-\x7e]+$/.test(secret));
    const opening = anOpening("ses_planted", {
      head: {
        method: "POST",
        scheme: "https",
        authority: "gateway",
        path: "/repos/acme/app/issues",
        fields: new Fields([
          ["content-type", "text/plain"],
          ...header.map(() => ["x-note", text.replaceAll(/[^\x20-\x7e]/g, " ")] as const),
        ]),
      },
    });
    const opened = recorder.open(opening);
    if (!opened.ok || opened.value === undefined) throw new Error("not recorded");
    const said = `first ${text}\nthen more`;
    // Cut in two in the midst of it, as a network would.
    const half = said.indexOf(secrets[0] ?? "") + Math.ceil((secrets[0]?.length ?? 2) / 2);
    for (const one of happenings(opening.at, said.slice(0, half), said.slice(0, half))) {
      opened.value.take(one);
      if ((one.kind === "requestBody" || one.kind === "responseBody") && half < said.length)
        opened.value.take({ ...one, chunk: Buffer.from(said.slice(half)) });
    }
  }
  await new Promise((resolve) => setImmediate(resolve));
  await store.close();

  const texts: string[] = [];
  const reader = new SessionReader(folderShelf(folder.path), recordingKeys);
  const recorded = await reader.session("ses_planted");
  if (!recorded.ok) throw new Error(recorded.error);
  expect(recorded.value.exchanges).toHaveLength(corpus.length);
  for (const exchange of recorded.value.exchanges) {
    texts.push(JSON.stringify([exchange.opened, exchange.entries]));
    for (const direction of ["request", "response"] as const) {
      const parts: Uint8Array[] = [];
      for await (const { bytes } of reader.pieces(exchange, direction)) parts.push(bytes);
      texts.push(Buffer.concat(parts).toString("utf8"));
    }
  }
  expect(texts.some((text) => text.includes("then more"))).toBe(true);
  for (const form of Object.keys(exportForms).filter(isExportForm)) {
    const session = { session: "ses_planted", recorded: recorded.value, reader, listen };
    for await (const part of exportSession(form, { ...session, version: "1" })) texts.push(part);
  }
  for (const entry of readdirSync(folder.path, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) texts.push(readFileSync(join(entry.parentPath, entry.name), "latin1"));
  const all = texts.join("\n");
  const escaped = JSON.stringify(all);
  const secrets = corpus.flatMap((one) => one.secrets);
  const found = secrets.filter(
    (secret) => all.includes(secret) || escaped.includes(JSON.stringify(secret).slice(1, -1)),
  );
  expect(found).toEqual([]);
}, 60_000);
