import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Connection } from "../../../src/core/target.ts";
import { createCredentials } from "../../../src/credentials/credentials.ts";
import { listenLocally } from "../../support/ports.ts";
import { ManualClock } from "./manual-clock.ts";

const stored = `${"gh"}o_${"s".repeat(36)}`;
let clock: ManualClock;
let server: Server;
let fetches: number;
let status: number;

beforeEach(async () => {
  clock = new ManualClock();
  fetches = 0;
  status = 200;
  server = createServer((request, response) => {
    fetches += 1;
    const known =
      request.url === "/copilot_internal/v2/token" &&
      request.headers.authorization === `token ${stored}`;
    const now = Math.floor(clock.now() / 1000);
    const body = {
      token: `tid=${fetches};exp=${now + 1800}:sig`,
      expires_at: now + 1800,
      refresh_in: 1500,
    };
    response.writeHead(known ? status : 401);
    response.end(JSON.stringify(body));
  });
  await listenLocally(server);
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

function build() {
  const api = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const upstream = new URL("https://api.githubcopilot.com");
  const connection: Connection = {
    name: "c",
    kind: "copilot",
    hosts: [],
    upstream,
    credential: "inference",
  };
  const credentials = createCredentials(
    [
      {
        name: "inference",
        scheme: "bearer",
        source: { kind: "copilot-token", credential: "seat", api },
      },
      { name: "seat", scheme: "token", source: { kind: "env", name: "SEAT" } },
      {
        name: "circle",
        scheme: "token",
        source: { kind: "copilot-token", credential: "circle", api },
      },
    ],
    [connection, { ...connection, credential: "circle" }],
    { clock, env: { SEAT: stored } },
  );
  const read = async (name = "inference") => {
    const header = await credentials.header(name, connection);
    return header.ok ? header.value.reveal() : header.error;
  };
  return { credentials, read };
}

describe("Copilot's inference token", () => {
  it("is fetched once by the gateway, sent as Bearer, and known for masking", async () => {
    const { credentials, read } = build();
    const headers = await Promise.all([read(), read(), read()]);
    expect(new Set(headers).size).toBe(1);
    expect(headers[0]).toMatch(/^Bearer tid=1;exp=\d+:sig$/);
    expect(fetches).toBe(1);
    expect(credentials.current().map((secret) => `Bearer ${secret.reveal()}`)).toEqual([
      headers[0],
    ]);
  });

  it("is renewed when Copilot says so, behind the requests' backs", async () => {
    const { read } = build();
    await read();
    clock.advance(1_500_000);
    expect(await read()).toMatch(/tid=1/);
    await expect.poll(() => read()).toMatch(/tid=2/);
  });

  it("ends with the credential that fetched it", async () => {
    const { read } = build();
    await read();
    status = 403;
    clock.advance(1_500_000);
    await read();
    await expect.poll(() => read()).toMatch(/answered 403/);
  });

  it("does not stand on itself", async () => {
    expect(await build().read("circle")).toMatch(/there is no credential called circle/);
  });

  it("keeps the stored credential from the inference host", async () => {
    const { credentials } = build();
    expect((await credentials.header("seat", "api.githubcopilot.com")).ok).toBe(false);
  });
});
