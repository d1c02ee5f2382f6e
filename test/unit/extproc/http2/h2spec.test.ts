import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveHttp2 } from "../../../../src/extproc/http2/server.ts";
import type { TransportServer } from "../../../../src/extproc/transport.ts";
import { run } from "../../../support/clients.ts";

const binary = join(import.meta.dirname, "../../../../.cache/h2spec-2.2.1/h2spec");

/** Whether h2spec is here. Where CI promises it and it is not, that is an error, not a skip. */
function hasH2spec(): boolean {
  if (existsSync(binary)) return true;
  if (process.env["CI"] === "true") throw new Error("CI must have built h2spec");
  console.warn("h2spec was not built: conformance to RFC 9113 is not tested here");
  return false;
}

let server: TransportServer;
beforeAll(async () => {
  const nothing = (): void => undefined;
  const deaf = { message: nothing, drained: nothing, handOver: nothing, closed: nothing };
  server = await serveHttp2("127.0.0.1:0", (stream) => ({
    ...deaf,
    halfClosed: () => stream.end(),
  }));
});
afterAll(() => server?.drain({ deadline: 0 }));

// It asks as a browser does, and is answered that gRPC alone is spoken here: with a head, a body and an end.
describe.skipIf(!hasH2spec())("h2spec", () => {
  it("finds nothing wrong, also where it is strict", async () => {
    const port = server.address.split(":").at(-1) ?? "";
    const args = ["-h", "127.0.0.1", "-p", port, "-S", "-o", "5"];
    const { stdout, code } = await run(binary, args, { cwd: join(binary, "..") });
    const failed = stdout.split("\n").filter((line) => line.includes("×"));
    expect(failed).toEqual([]);
    expect(stdout).toMatch(/(\d{3}) tests, \1 passed, 0 skipped, 0 failed/);
    expect(code).toBe(0);
  });
});
