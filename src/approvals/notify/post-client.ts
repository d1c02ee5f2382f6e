import { lookup } from "node:dns";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** What came back: the status, and how long to wait where the receiver says so (ms). */
export interface Posted {
  readonly status: number;
  readonly after?: number;
}

export interface PostOptions {
  /** Hosts that may be on a private network, by name; for every other host only public addresses are used. */
  readonly privateHosts?: readonly string[];
  readonly timeout?: number;
  /** PEM of the authority to trust, in place of the public ones. */
  readonly ca?: string;
}

const blocked = privateAddresses();

/**
 * Posts to an address that somebody configured. Not to this machine or a private network (SSRF): the address is
 * checked as it is connected to, so a name cannot change its mind. Redirects are not followed; https only, but for
 * hosts that may be private.
 */
export function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  { privateHosts = [], timeout = 15_000, ca }: PostOptions = {},
): Promise<Posted> {
  const free = privateHosts.includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && free))
    return Promise.reject(new Error("it is not an https address"));
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (!free && isIP(host) !== 0 && isBlocked(host)) return Promise.reject(notPublic());
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        method: "POST",
        agent: false,
        timeout,
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
        ...(free ? {} : { lookup: publicLookup }),
        ...(ca === undefined ? {} : { ca }),
      },
      (answer) => {
        // The answer's text is of no interest, and of any length.
        answer.destroy();
        const after = Number(answer.headers["retry-after"]) * 1000;
        resolve({
          status: answer.statusCode ?? 0,
          ...(Number.isFinite(after) && after > 0 ? { after } : {}),
        });
      },
    );
    call.on("timeout", () => call.destroy(new Error("it does not answer in time")));
    call.on("error", reject);
    call.end(body);
  });
}

/** Whether an address is one of this machine, of a private network, or otherwise not of the public internet. */
export function isBlocked(address: string): boolean {
  // A BlockList holds IPv6 addresses that wrap an IPv4 one against its IPv4 nets, too.
  return blocked.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, []);
    // One bad address among good ones is a trick, too.
    if (addresses.some(({ address }) => isBlocked(address))) return callback(notPublic(), []);
    const [first] = addresses;
    if (first === undefined) return callback(notPublic(), []);
    return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
  });
};

function notPublic(): Error {
  return new Error("it is not a public address");
}

// IANA's special-purpose registries, what is not globally reachable.
function privateAddresses(): BlockList {
  const list = new BlockList();
  const v4 = ["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"].concat(
    ["172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"],
    ["198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
  );
  const v6 = [
    "::/128",
    "::1/128",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
  ].concat(
    ["2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10"],
    ["ff00::/8"],
  );
  for (const [nets, family] of [
    [v4, "ipv4"],
    [v6, "ipv6"],
  ] as const)
    for (const net of nets) {
      const [address = "", bits] = net.split("/");
      list.addSubnet(address, Number(bits), family);
    }
  return list;
}
