import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface GoJob {
  readonly dir: string;
  readonly vkey: string;
  readonly older?: string;
  readonly proofs?: readonly string[];
  /** An evidence package to check instead of a log. */
  readonly package?: string;
}

/** Whether a Go toolchain is here. Where CI promises one and it is not, that is an error, not a skip. */
export function hasGo(): boolean {
  try {
    execFileSync("go", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    if (process.env["CI"] === "true") throw new Error("CI must have Go to check the audit log");
    console.warn("Go is not installed: the audit log is not checked by golang.org/x/mod here");
    return false;
  }
}

/** The verifier made of golang.org/x/mod alone, as one process that answers job after job. */
export class GoVerifier {
  readonly #child;
  readonly #lines;

  constructor() {
    const binary = join(mkdtempSync(join(tmpdir(), "sallyport-go-")), "verify");
    execFileSync("go", ["build", "-o", binary, "."], {
      cwd: join(import.meta.dirname, "go"),
      stdio: ["ignore", "inherit", "inherit"],
    });
    this.#child = spawn(binary, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** `ok`, or `bad: why`. One job at a time. */
  async verify(job: GoJob): Promise<string> {
    this.#child.stdin.write(`${JSON.stringify(job)}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("the Go verifier died");
    return value;
  }

  async stop(): Promise<void> {
    this.#child.stdin.end();
    await once(this.#child, "exit");
  }
}
