import { defineConfig } from "vitest/config";

const shared = { testTimeout: 60_000, hookTimeout: 60_000 } as const;

/** Those end-to-end tests that also run over the transport that is not the default. */
const overHttp2 = ["denied", "failure", "git-push", "late-processor", "load", "stream", "wire"];

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: "all",
          include: ["test/**/*.test.ts"],
          exclude: ["test/bench/**"],
        },
      },
      {
        test: {
          ...shared,
          name: "http2",
          include: overHttp2.map((name) => `test/e2e/${name}.test.ts`),
          env: { SALLYPORT_TRANSPORT: "http2" },
        },
      },
    ],
  },
});
