import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

type Values = Readonly<Record<string, unknown>>;

/** One call of an SDK that people use: octokit's REST and GraphQL, the MCP SDK's client. */
export type SdkAsk =
  | { readonly kind: "octokit"; readonly route: string; readonly parameters: Values }
  | { readonly kind: "graphql"; readonly query: string; readonly variables?: Values }
  | {
      readonly kind: "mcp";
      /** Absent: lists the tools. */
      readonly tool?: string;
      readonly arguments?: Values;
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface SdkCall {
  readonly ask: SdkAsk;
  readonly token: string;
}

/** What it gave, or the message of what it threw. */
export type SdkAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string };

/** The SDKs in a process of their own, which trusts the gateway's authority from its start. */
export interface Sdks {
  call(call: SdkCall): Promise<SdkAnswer>;
  stop(): Promise<void>;
}

export function startSdks({ proxy, ca }: { readonly proxy: string; readonly ca: string }): Sdks {
  const child = spawn(process.execPath, [join(import.meta.dirname, "sdk-child.ts")], {
    env: { PATH: process.env["PATH"], GATEWAY: proxy, NODE_EXTRA_CA_CERTS: ca },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting: ((line: string) => void)[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.(line));
  const ended = once(child, "close");
  return {
    call: (call) =>
      new Promise((resolve, reject) => {
        waiting.push((line) => resolve(JSON.parse(line) as SdkAnswer));
        void ended.then(() => reject(new Error("the SDKs' process is gone")));
        child.stdin.write(`${JSON.stringify(call)}\n`);
      }),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
