import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMissing } from "../../src/base/missing.ts";
import { askAdmin } from "../../src/envoy/admin-client.ts";
import type { Stack } from "./stack.ts";

/** All that the gateway and its Envoy wrote, keep and show of themselves, by where it is; no test may find a secret in it. */
export async function insideOf(stack: Stack): Promise<ReadonlyMap<string, string>> {
  const found = new Map([
    ["standard output", stack.stdout()],
    ["standard error", stack.stderr()],
    ["spans", Buffer.concat(stack.collector.bodies).toString("latin1")],
  ]);
  const data = join(stack.folder.path, "data");
  for (const [path, text] of filesIn(data)) found.set(path.slice(stack.folder.path.length), text);
  const admin = readFileSync(join(data, "envoy", "envoy-admin-address"), "utf8").trim();
  for (const path of ["/config_dump", "/stats", "/clusters", "/server_info"])
    found.set(`Envoy's ${path}`, (await askAdmin(admin, "GET", path)).body);
  for (const pid of [stack.process.pid, ...stack.envoyPids()])
    for (const file of ["cmdline", "environ"])
      found.set(`/proc/${pid}/${file}`, readFileSync(`/proc/${pid}/${file}`, "latin1"));
  return found;
}

/** All files below the folder. One that gets its final name meanwhile is not missed: then all are read anew. */
function filesIn(folder: string, tries = 20): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  try {
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (file.isFile()) {
        const path = join(file.parentPath, file.name);
        found.set(path, readFileSync(path, "latin1"));
      }
    return found;
  } catch (error) {
    if (tries === 0 || !isMissing(error)) throw error;
    return filesIn(folder, tries - 1);
  }
}

/** Every way in which it may stand somewhere: as it is, and in base64, hex and percent-encoding, at any offset. */
function forms(secret: string): readonly string[] {
  const shifted = [0, 1, 2].flatMap((shift) => {
    const coded = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]).toString("base64");
    // The first and the last group depend on the neighbours.
    const sure = coded.slice(4, -4);
    return [sure, sure.replaceAll("+", "-").replaceAll("/", "_")];
  });
  const hex = Buffer.from(secret).toString("hex");
  return [...new Set([secret, encodeURIComponent(secret), hex, hex.toUpperCase(), ...shifted])];
}

/** Where any of these values stands. Line breaks do not hide it: GitHub folds base64. */
export function places(secret: string, within: ReadonlyMap<string, string>): readonly string[] {
  const searched = forms(secret);
  return [...within].flatMap(([name, text]) => {
    const plain = text.replaceAll(/\\n|\s/g, "");
    return searched.some((form) => text.includes(form) || plain.includes(form)) ? [name] : [];
  });
}
