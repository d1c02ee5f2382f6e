import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const cache = join(here, "..", "..", "..", ".cache", "gitleaks-8.30.1");
const source = join(cache, "source");

/** gitleaks itself, made from its Go module at the version that go.sum pins. */
export interface Gitleaks {
  readonly binary: string;
  /** Its default rules. */
  readonly toml: string;
  readonly samples: readonly Sample[];
}

/** A text by which gitleaks' authors test one of their rules. */
export interface Sample {
  readonly rule: string;
  /** Whether the rule must find something in it, or nothing. */
  readonly secret: boolean;
  /** The file that it would stand in, where the rule asks for one. */
  readonly path?: string;
  readonly text: string;
}

/** Builds it once, or throws where Go or the module cannot be had. None of its files is kept in this repository. */
export function buildGitleaks(): Gitleaks {
  const binary = join(cache, "gitleaks");
  const samples = join(cache, "samples.jsonl");
  if (!existsSync(samples)) {
    copySource();
    const generator = join(cache, "generate");
    go(source, ["build", "-trimpath", "-o", binary, "."]);
    go(source, ["build", "-trimpath", "-o", generator, "./cmd/generate/config"]);
    execFileSync(generator, [join(cache, "generated.toml")], {
      cwd: join(source, "cmd/generate/config"),
      env: { ...process.env, SAMPLES: samples },
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  return {
    binary,
    toml: readFileSync(join(source, "config/gitleaks.toml"), "utf8"),
    samples: readFileSync(samples, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Sample),
  };
}

/** Its generator keeps its samples to itself; in a copy, two files of ours make it write them down. */
function copySource(): void {
  const { Dir } = JSON.parse(
    go(here, ["mod", "download", "-json", "github.com/zricethezav/gitleaks/v8"]),
  ) as { readonly Dir: string };
  rmSync(source, { recursive: true, force: true });
  cpSync(Dir, source, { recursive: true });
  // The module cache is read-only, and so is a copy of it.
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true }))
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  chmodSync(source, 0o755);
  const overlay = join(here, "overlay");
  cpSync(join(overlay, "validate.go"), join(source, "cmd/generate/config/utils/validate.go"));
  cpSync(join(overlay, "secrets.go"), join(source, "cmd/generate/secrets/regen.go"));
}

function go(cwd: string, args: readonly string[]): string {
  return execFileSync("go", args, { cwd, stdio: ["ignore", "pipe", "inherit"] }).toString();
}
