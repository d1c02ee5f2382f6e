import { mkdirSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";

/** Makes the folder of a Unix socket, and removes a socket that a killed process left; one that answers is somebody's, and stays. */
export async function claimSocket(address: string): Promise<void> {
  if (!address.startsWith("unix:")) return;
  const path = address.slice("unix:".length);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const alive = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.on("connect", () => resolve(true));
    probe.on("error", () => resolve(false));
    probe.on("connect", () => probe.destroy());
  });
  if (alive) throw inUse(address, new Error("EADDRINUSE"));
  rmSync(path, { force: true });
}

/** The error of an address that cannot be had, as all transports give it. */
export function inUse(address: string, cause: Error): Error {
  return Object.assign(new Error(`${address} is in use by another process`, { cause }), {
    code: "EADDRINUSE",
    address,
  });
}
