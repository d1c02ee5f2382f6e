import { spawn } from "node:child_process";
import { once } from "node:events";
import { Cluster, Redis } from "ioredis";
import { temporaryFolder } from "../../support/folder.ts";
import { freePort } from "../../support/ports.ts";

/** A cluster of one node, which refuses what spans two hash slots as a larger one does. */
export interface TestCluster {
  client(): Cluster;
  stop(): Promise<void>;
}

export async function startCluster(): Promise<TestCluster> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder.path, "--save", ""];
  const child = spawn(
    "redis-server",
    [...args, "--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"],
    { stdio: "ignore" },
  );
  const node = new Redis(port, "127.0.0.1", {
    maxRetriesPerRequest: null,
    retryStrategy: () => 20,
    enableReadyCheck: false,
  });
  node.on("error", () => undefined);
  await node.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  while (!String(await node.cluster("INFO")).includes("cluster_state:ok"))
    await new Promise((resolve) => setTimeout(resolve, 20));
  node.disconnect();
  return {
    client: () => {
      const cluster = new Cluster([{ host: "127.0.0.1", port }]);
      cluster.on("error", () => undefined);
      return cluster;
    },
    stop: async () => {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
      await folder.remove();
    },
  };
}
