import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { authorityVariables, type Environment } from "./setup.ts";
import { fault } from "./step.ts";

/** The PEM text of the authorities in that file; throws a fault where it holds none that is valid now. */
export function readAuthorities(file: string, now: number): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return fault(
      `The authority's file ${file} cannot be read: fetch it from the gateway's operator.`,
    );
  }
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  const valid = blocks.filter((block) => until(block) > now);
  if (blocks.length === 0) fault(`The authority's file ${file} holds no certificate in PEM.`);
  if (valid.length === 0) fault(`The authority in ${file} has expired: fetch the new one.`);
  return text;
}

/** The first variable of a client's that names a file which is no authority's. */
export function examineVariables(env: Environment, now: number): void {
  for (const name of authorityVariables) {
    const file = env[name];
    if (file === undefined || file === "") continue;
    try {
      readAuthorities(file, now);
    } catch {
      fault(
        `${name} names ${file}, which cannot be read as certificates: programs that use it trust nobody.`,
      );
    }
  }
}

function until(block: string): number {
  try {
    return Date.parse(new X509Certificate(block).validTo);
  } catch {
    return 0;
  }
}
