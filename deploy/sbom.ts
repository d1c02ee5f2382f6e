import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * Writes the bill of materials of what is shipped (CycloneDX 1.6, JSON): `node deploy/sbom.ts [FILE]`, `dist/sbom.cdx.json`
 * unless told. The npm packages as the lock file has them, and what the images bring beside them: Node, Envoy, their bases.
 */
const root = join(import.meta.dirname, "..");
const out = process.argv[2] ?? join(root, "dist", "sbom.cdx.json");
// `npm sbom` leaves out whatever a tool of ours names as a peer too (npm 11.19); this one does not.
const tool = join(root, ".cache", "cyclonedx-npm-6.0.1", "node_modules");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

interface Bill {
  readonly components: readonly object[];
  readonly dependencies: readonly {
    readonly ref: string;
    readonly dependsOn?: readonly string[];
  }[];
  readonly metadata: { readonly component: { readonly "bom-ref": string } };
}

function npmPackages(): Bill {
  const options = ["--omit", "dev", "--package-lock-only", "--output-reproducible", "--validate"];
  const more = ["--spec-version", "1.6", "--mc-type", "application", "--output-format", "JSON"];
  const program = join(tool, ".bin", "cyclonedx-npm");
  const { status, stdout, stderr } = spawnSync(program, [...options, ...more, "-o", "-"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`cyclonedx-npm: ${stderr}`);
  return JSON.parse(stdout) as Bill;
}

/** What the Dockerfile takes from others' images, by its own words. */
function others(): readonly object[] {
  const dockerfile = read("deploy/Dockerfile");
  const node = /^ARG NODE_VERSION=(.+)$/m.exec(dockerfile)?.[1] ?? "";
  const envoy = read(".envoy-version").trim();
  const apache = [{ license: { id: "Apache-2.0" } }];
  return [
    {
      type: "container",
      "bom-ref": `node:${node}-bookworm-slim`,
      name: "node",
      version: `${node}-bookworm-slim`,
      description:
        "The base of both images, with Node and Debian's packages; docker-bake.hcl has them listed one by one.",
      purl: `pkg:docker/node@${node}-bookworm-slim`,
    },
    {
      type: "platform",
      "bom-ref": `node@${node}-runtime`,
      name: "Node.js",
      version: node,
      cpe: `cpe:2.3:a:nodejs:node.js:${node}:*:*:*:*:*:*:*`,
      licenses: [{ license: { id: "MIT" } }],
    },
    {
      type: "application",
      "bom-ref": `envoy@${envoy}`,
      name: "envoy",
      version: envoy,
      description:
        "The binary /usr/local/bin/envoy: in the demo image, beside the processor in compose and in pods.",
      licenses: apache,
      cpe: `cpe:2.3:a:envoyproxy:envoy:${envoy}:*:*:*:*:*:*:*`,
      purl: `pkg:github/envoyproxy/envoy@v${envoy}`,
    },
    {
      type: "container",
      "bom-ref": `envoyproxy/envoy:v${envoy}`,
      name: "envoyproxy/envoy",
      version: `v${envoy}`,
      purl: `pkg:docker/envoyproxy/envoy@v${envoy}`,
    },
  ];
}

function whole(): Bill {
  const bill = npmPackages();
  const more = others() as readonly { readonly "bom-ref": string }[];
  const refs = more.map((one) => one["bom-ref"]);
  const self = bill.metadata.component["bom-ref"];
  const dependencies = bill.dependencies.map((one) =>
    one.ref === self ? { ...one, dependsOn: [...(one.dependsOn ?? []), ...refs] } : one,
  );
  const leaves = refs.map((ref) => ({ ref }));
  return {
    ...bill,
    components: [...bill.components, ...more],
    dependencies: [...dependencies, ...leaves],
  };
}

interface Library {
  readonly Validation: { readonly JsonStrictValidator: new (version: string) => Validator };
}
interface Validator {
  validate(text: string): Promise<unknown>;
}

if (!existsSync(tool)) throw new Error("cyclonedx-npm is not there: npm run sbom fetches it");
const text = `${JSON.stringify(whole(), undefined, 2)}\n`;
const library = createRequire(join(tool, "x"))("@cyclonedx/cyclonedx-library") as Library;
const wrong = await new library.Validation.JsonStrictValidator("1.6").validate(text);
if (wrong !== null) throw new Error(`it is no CycloneDX 1.6: ${JSON.stringify(wrong)}`);
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, text);
