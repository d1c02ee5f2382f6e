import { spawn } from "node:child_process";
import { once } from "node:events";

/** A collector of OTLP in a process of its own that takes everything and looks at none of it. */
export interface Collector {
  readonly url: string;
  stop(): void;
}

/**
 * Takes little of the processor, as one on another machine would: a receiver that understands what it is sent costs more
 * than a third of a core at a thousand requests a second, which every way that sends spans would pay for.
 */
export async function startCollector(): Promise<Collector> {
  const child = spawn(process.execPath, [
    "--eval",
    `const server = require("node:http").createServer((request, response) => {
       request.resume().once("end", () => response.writeHead(200, { "content-type": "application/x-protobuf" }).end());
     }).listen(0, "127.0.0.1", () => console.log(server.address().port))`,
  ]);
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  return { url: `http://127.0.0.1:${Number(port.toString())}`, stop: () => void child.kill() };
}
