// node test/bench/publish.ts: takes what `npm run bench -- gateway` measured last into results/published.json, which is
// committed, and writes the README's table from it. A test holds the two together.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { blockOf, type Published, publishedFile, readme, withBlock } from "./published.ts";
import type { Table } from "./report.ts";

const folder = join(import.meta.dirname, "results");
const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));
const [table] = read("gateway.samples.json") as readonly [Table];
const { at, commit, node, cpu, cores, load } = read("gateway.json") as Published;
const published: Published = { at, commit, node, cpu, cores, load, table };
writeFileSync(publishedFile, `${JSON.stringify(published, null, 2)}\n`);
writeFileSync(readme, withBlock(readFileSync(readme, "utf8"), blockOf(published)));
