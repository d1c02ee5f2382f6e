import { execFileSync } from "node:child_process";
import { hash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A file of somebody's package, which was published and so should hold no secret. */
export interface CleanFile {
  /** The package, or its folder. */
  readonly owner: string;
  readonly text: Buffer;
}

const perPackage = 2e6;
const perFile = 1e6;
/** Tests and fixtures hold made-up secrets on purpose, and gitleaks is made of them. */
const excluded =
  /(?:^|\/)(?:tests?|__tests__|testdata|fixtures?|examples?|spec)\/|_test\.go$|\.min\./;
const fullOfSecrets = /gitleaks/;

/** Where packages come from: what npm has installed here, the Go modules and the Python library that are at hand. */
export type Origin = "npm" | "go" | "python";

const packagesOf: Readonly<Record<Origin, () => readonly Package[]>> = {
  npm: npmPackages,
  go: goModules,
  python: pythonPackages,
};

/** Files of all packages of an origin; each text once, 2 MB of a package. */
export function cleanFiles(origin: Origin, ends: readonly string[]): CleanFile[] {
  const seen = new Set<string>();
  return packagesOf[origin]().flatMap(({ owner, root }) => {
    let left = perPackage;
    return filesUnder(root, ends).flatMap((path) => {
      if (left <= 0 || excluded.test(path.slice(root.length))) return [];
      const text = readFileSync(path);
      const digest = hash("sha256", text);
      if (text.length > perFile || text.length > left || seen.has(digest)) return [];
      seen.add(digest);
      left -= text.length;
      return [{ owner, text }];
    });
  });
}

interface Package {
  readonly owner: string;
  readonly root: string;
}

function npmPackages(): readonly Package[] {
  const root = join(import.meta.dirname, "../../../node_modules");
  return names(root)
    .flatMap((name) =>
      name.startsWith("@") ? names(join(root, name)).map((inner) => `${name}/${inner}`) : [name],
    )
    .map((owner) => ({ owner, root: join(root, owner) }));
}

function goModules(): readonly Package[] {
  const root = printed("go", ["env", "GOMODCACHE"]);
  if (root === undefined || !existsSync(root)) return [];
  const visit = (folder: string, depth: number): readonly Package[] =>
    names(join(root, folder)).flatMap((name) => {
      const owner = join(folder, name);
      if (owner === "cache" || fullOfSecrets.test(owner)) return [];
      if (name.includes("@v")) return [{ owner, root: join(root, owner) }];
      return depth > 0 ? visit(owner, depth - 1) : [];
    });
  return visit("", 5);
}

function pythonPackages(): readonly Package[] {
  const script =
    "import sysconfig; p = sysconfig.get_paths(); print(p['stdlib'], p['purelib'], sep='\\n')";
  const roots = printed("python3", ["-c", script])?.split("\n") ?? [];
  return roots.flatMap((root) =>
    names(root)
      .filter((name) => name !== "site-packages" && name !== "test")
      .map((name) => ({ owner: name, root: join(root, name) })),
  );
}

/** What a program prints; nothing where it cannot be run. */
function printed(program: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(program, args).toString().trim();
  } catch {
    return undefined;
  }
}

function names(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .toSorted();
}

function filesUnder(root: string, ends: readonly string[]): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ends.some((end) => entry.name.endsWith(end)))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
