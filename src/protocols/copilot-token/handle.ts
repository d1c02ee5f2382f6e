/**
 * What a runner is given in place of a Copilot inference token: its own token as the `tid`, and of the real one only
 * the flags that clients read (`exp`, `sku`, `chat`, …). Whoever shows it is known by the token in it; the inference
 * hosts get the stored credential, as with every other request. Nothing of the real token's signature remains.
 */
export function handleFor(presented: string, real: string): string {
  const own = /^tid=([^;:]*)[;:]/.exec(presented)?.[1] ?? presented;
  if (real.startsWith(`tid=${own};`)) return real;
  const [fields = ""] = real.split(":");
  const flags = real.startsWith("tid=") ? fields.split(";").filter(isFlag) : [];
  return `${[`tid=${own}`, ...flags].join(";")};`;
}

/** Of the real token's fields: not who (`tid`), from where (`ip`, `asn`) or whither (`proxy-ep`), and nothing long. */
function isFlag(field: string): boolean {
  const [, name = ""] = /^([a-z0-9_]+)=(?:\d{1,12}|[a-z][a-z0-9_]{0,40})$/.exec(field) ?? [];
  return name !== "" && !["tid", "ip", "asn"].includes(name);
}
