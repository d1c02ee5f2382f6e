import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { extname, join } from "node:path";

/**
 * Compiles `src` to JavaScript, and lays beside it what the program reads at run time: `node deploy/build.ts [FOLDER]`
 * (`dist` unless told). The folder must stand beside package.json and .envoy-version.
 */
const root = join(import.meta.dirname, "..");
const out = process.argv[2] ?? join(root, "dist");

rmSync(out, { recursive: true, force: true });
const compiler = join(root, "node_modules", ".bin", "tsc");
const { status } = spawnSync(compiler, ["-p", "tsconfig.build.json", "--outDir", out], {
  cwd: root,
  stdio: "inherit",
});
if (status === 0)
  cpSync(join(root, "src"), out, {
    recursive: true,
    filter: (path) => extname(path) !== ".ts" && !path.endsWith(".test.yaml"),
  });
process.exitCode = status ?? 1;
