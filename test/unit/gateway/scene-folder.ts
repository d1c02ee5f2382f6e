import { afterAll, beforeAll } from "vitest";
import { type Folder, temporaryFolder } from "../../support/folder.ts";
import { allow } from "./play.ts";
import { openScene, type Scene, type SceneOptions } from "./scene.ts";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

/** A scene whose one rule allows, unless told otherwise; what it spools is gone after the tests of the file. */
export function open(options: Partial<Omit<SceneOptions, "dir">> = {}): Scene {
  return openScene({ dir: folder.path, enforce: allow, ...options });
}
