// Rewrites src/protocols/github-rest/table.json from GitHub's own OpenAPI description (npm: @octokit/openapi).
// Run: node test/support/generate-rest-table.ts. The package is fetched for the run only; it is too big to depend on.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

const version = "23.0.2";
const parameter = z.object({
  $ref: z.string().optional(),
  name: z.string().optional(),
  in: z.string().optional(),
  "x-multi-segment": z.boolean().optional(),
});
const description = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({ operationId: z.string(), parameters: z.array(parameter).optional() }),
    ),
  ),
  components: z.object({ parameters: z.record(z.string(), parameter) }),
});

const dir = mkdtempSync(join(tmpdir(), "openapi-"));
try {
  execFileSync("npm", ["pack", "--silent", `@octokit/openapi@${version}`], { cwd: dir });
  const file = "package/generated/api.github.com.json";
  execFileSync("tar", ["xzf", `octokit-openapi-${version}.tgz`, file], { cwd: dir });
  const api = description.parse(JSON.parse(readFileSync(join(dir, file), "utf8")));
  const operations: Record<string, string> = {};
  for (const [path, methods] of Object.entries(api.paths)) {
    // The old spelling of compare/{basehead}, which the newer one covers.
    if (/[^/]\{|\}[^/]/.test(path)) continue;
    for (const [method, { operationId, parameters = [] }] of Object.entries(methods)) {
      let template = path;
      for (const given of parameters) {
        const known =
          given.$ref === undefined
            ? given
            : api.components.parameters[given.$ref.split("/").at(-1) ?? ""];
        if (known?.in === "path" && known["x-multi-segment"])
          template = template.replace(`{${known.name}}`, `{${known.name}+}`);
      }
      operations[operationId] = `${method.toUpperCase()} ${template}`;
    }
  }
  const sorted = Object.fromEntries(
    Object.entries(operations).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  writeFileSync(
    new URL("../../src/protocols/github-rest/table.json", import.meta.url),
    `${JSON.stringify(sorted, null, 2)}\n`,
  );
} finally {
  rmSync(dir, { recursive: true, force: true });
}
