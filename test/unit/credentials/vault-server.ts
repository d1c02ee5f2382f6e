import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { listenLocally } from "../../support/ports.ts";

/** Vault's KV store, version 2, over HTTP as its API documents it: paths, statuses and bodies. */
export class VaultServer {
  readonly #server: Server;
  readonly #secrets = new Map<string, Record<string, string>[]>();
  token = "s.root";
  namespace: string | undefined;
  sealed = false;
  reads = 0;
  /** How often the token was renewed; this one needs it never. */
  renewals = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      if (request.method === "GET") this.reads += 1;
      const [status, body] = this.#answer(request.method ?? "", request.url ?? "", request.headers);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    });
  }

  static async start(): Promise<VaultServer> {
    const vault = new VaultServer();
    await listenLocally(vault.#server);
    return vault;
  }

  get address(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  /** Writes the next version of a secret. */
  put(path: string, data: Record<string, string>): void {
    this.#secrets.set(path, [...(this.#secrets.get(path) ?? []), data]);
  }

  /** Deletes a secret for good. */
  destroy(path: string): void {
    this.#secrets.delete(path);
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #answer(
    method: string,
    url: string,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): [number, unknown] {
    if (this.sealed) return [503, { errors: ["Vault is sealed"] }];
    if (headers["x-vault-token"] !== this.token) return [403, { errors: ["permission denied"] }];
    if (headers["x-vault-namespace"] !== this.namespace) return [404, { errors: [] }];
    if (method === "POST" && url === "/v1/auth/token/renew-self") {
      this.renewals += 1;
      return [200, { auth: { lease_duration: 0, renewable: false } }];
    }
    if (method !== "GET" || !url.startsWith("/v1/secret/data/")) return [404, { errors: [] }];
    const versions = this.#secrets.get(url.slice("/v1/secret/data/".length));
    if (versions === undefined) return [404, { errors: [] }];
    return [
      200,
      {
        request_id: "f8b5",
        lease_id: "",
        renewable: false,
        lease_duration: 0,
        data: {
          data: versions.at(-1),
          metadata: { version: versions.length, destroyed: false, deletion_time: "" },
        },
        mount_type: "kv",
      },
    ];
  }
}
