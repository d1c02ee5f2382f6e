// A small upstream in a process of its own: 10 KiB of JSON, `delay` milliseconds after each request. Prints its port.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const delay = Number(process.argv[2] ?? 10);
const items = Array.from({ length: 100 }, (_, id) => ({
  id,
  full_name: `acme/repository-${id}`,
  description: "A repository like many others, with a description of some length.",
}));
const body = Buffer.from(JSON.stringify({ items }));

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    setTimeout(() => {
      response.writeHead(200, {
        "content-type": "application/json; charset=utf-8",
        "content-length": body.length,
      });
      response.end(body);
    }, delay);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
