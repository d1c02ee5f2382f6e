import { join } from "node:path";
import { judge, listSources, readImports, readRules, vagueNames } from "./support/layers.ts";

/** Checks the layer rules over all sources: prints each violation, exits 1 if there is one or if nothing was read. */
const root = join(import.meta.dirname, "..");
const files = listSources(root);
const imports = files.flatMap((file) => readImports(root, file));
const violations = [...judge(await readRules(root), imports), ...vagueNames(files)];
for (const violation of violations) console.error(violation);
if (imports.length === 0) console.error("no source was read: the check is broken");
console.log(`${files.length} files, ${imports.length} imports, ${violations.length} violations`);
process.exitCode = violations.length > 0 || imports.length === 0 ? 1 : 0;
