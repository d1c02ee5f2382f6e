import { hostname } from "node:os";

/** This gateway's name among its like where the config gives none: the host's, as far as it can stand in a path. */
export function replicaName(): string {
  const name = hostname().replace(/[^A-Za-z0-9._-]/g, "-");
  return name.slice(0, 64) || "sallyport";
}
