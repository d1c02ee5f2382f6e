import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { importSPKI, jwtVerify } from "jose";
import type { Clock } from "../../../src/base/clock.ts";
import { listenLocally } from "../../support/ports.ts";

/** The part of GitHub that mints installation tokens: it checks the App's JWT against the keys it knows. */
export class GithubServer {
  readonly #server: Server;
  readonly #clock: Clock;
  /** PEM public keys of the App. */
  keys: string[] = [];
  readonly minted: { token: string; asked: Record<string, unknown> }[] = [];
  refused = 0;
  down = false;

  private constructor(clock: Clock) {
    this.#clock = clock;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", async () => {
        const body = Buffer.concat(chunks).toString();
        const [status, reply] = await this.#answer(
          `${request.method} ${request.url}`,
          request.headers.authorization ?? "",
          body,
        );
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(reply));
      });
    });
  }

  static async start(clock: Clock): Promise<GithubServer> {
    const server = new GithubServer(clock);
    await listenLocally(server.#server);
    return server;
  }

  get api(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/v3`);
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(line: string, authorization: string, body: string): Promise<[number, unknown]> {
    if (this.down) return [502, {}];
    if (line !== "POST /api/v3/app/installations/42/access_tokens") return [404, {}];
    if (!(await this.#knows(authorization.replace("Bearer ", "")))) {
      this.refused += 1;
      return [401, { message: "A JSON web token could not be decoded" }];
    }
    const asked = JSON.parse(body) as Record<string, unknown>;
    const token = `${"gh"}s_minted${this.minted.length}`;
    this.minted.push({ token, asked });
    const ends = new Date(this.#clock.now() + 3600_000).toISOString();
    return [201, { token, expires_at: ends, permissions: asked["permissions"] }];
  }

  async #knows(jwt: string): Promise<boolean> {
    // As they are when it is shown: one that is taken out meanwhile moves the others on.
    for (const pem of [...this.keys]) {
      try {
        const { payload } = await jwtVerify(jwt, await importSPKI(pem, "RS256"), {
          algorithms: ["RS256"],
          issuer: "7",
          currentDate: new Date(this.#clock.now()),
        });
        // GitHub takes no App token that lives longer than ten minutes.
        if ((payload.exp ?? Infinity) - (payload.iat ?? 0) <= 600) return true;
      } catch {}
    }
    return false;
  }
}
