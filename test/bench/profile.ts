// node test/bench/profile.ts [full|plain|stream] [seconds] [grpc-js|http2]: where the gateway's processor time goes under load, by folder
// and by function, from V8's own profiler; docs/performance.md was written from it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Load, load } from "./gateway/load.ts";
import { requestFile, withUpstream } from "./gateway/rounds.ts";
import { gateway } from "./gateway/sallyport-legs.ts";

const [shape = "full", duration = "8", transport = "grpc-js"] = process.argv.slice(2);
const seconds = Number(duration);
const paths: Readonly<Record<string, string>> = {
  full: "/chat/completions",
  plain: "/chat/completions",
  stream: "/chat/completions?tokens=500&every=0",
};
const path = paths[shape];
if (path === undefined) throw new Error(`there is no shape ${shape}`);

await withUpstream(async (upstream, dir) => {
  const profiler = { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${dir}` };
  const kind = shape === "plain" ? "Sallyport, no masks" : "Sallyport, full work";
  const { leg, stack } = await gateway(
    kind,
    upstream,
    profiler,
    transport === "http2" ? transport : "grpc-js",
  );
  const asked: Load = { path, users: 100, seconds, body: requestFile(dir, 1024) };
  await load(leg, { ...asked, seconds: 10 }, dir);
  const from = Date.now();
  const sample = await load(leg, asked, dir);
  const until = Date.now();
  await stack.terminate();
  const ended = Date.now();
  await leg.stop();
  console.log(`${kind}: ${sample.perSecond.toFixed(0)} requests/s`, sample.cpu);
  const file = readdirSync(dir).find((name) => name.endsWith(".cpuprofile")) ?? "";
  const profile = JSON.parse(readFileSync(join(dir, file), "utf8")) as Profile;
  print(profile, ended - from, ended - until);
});

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The samples between so many milliseconds before the profile's end. */
function print(profile: Profile, from: number, until: number): void {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const folders = new Map<string, number>();
  const functions = new Map<string, number>();
  let at = profile.startTime;
  let busy = 0;
  profile.samples.forEach((id, index) => {
    const delta = profile.timeDeltas[index] ?? 0;
    at += delta;
    const frame = nodes.get(id);
    const age = (profile.endTime - at) / 1000;
    if (frame === undefined || age > from || age < until || frame.functionName === "(idle)") return;
    busy += delta;
    const file = frame.url.replace(/^.*\/(src|node_modules)\//, "$1/");
    add(folders, file === "" ? frame.functionName : folderOf(file), delta);
    add(functions, `${frame.functionName} ${file}:${frame.lineNumber + 1}`, delta);
  });
  for (const [title, table] of [
    ["by folder", folders],
    ["by function", functions],
  ] as const) {
    console.log(`\n${title}, % of ${(busy / 1e6).toFixed(1)} s`);
    for (const [name, spent] of [...table].sort(([, a], [, b]) => b - a).slice(0, 70))
      console.log(`${((spent / busy) * 100).toFixed(1).padStart(5)}  ${name}`);
  }
}

function folderOf(file: string): string {
  const parts = file.split("/");
  return parts.slice(0, parts[1]?.startsWith("@") ? 3 : 2).join("/");
}

function add(table: Map<string, number>, name: string, spent: number): void {
  table.set(name, (table.get(name) ?? 0) + spent);
}
