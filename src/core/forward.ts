/** The Envoy routes of the forward proxy: where the client of a CONNECT wants to go, as Envoy tells us by name. */
export const forwardRoutes = {
  /** To a connection's host: the tunnel ends inside, and each request in it is judged. */
  inward: "forward@inward",
  /** To a host on the explicit list: the bytes go on untouched. */
  tunnel: "forward@tunnel",
  /** Anywhere else, or not by CONNECT: refused. */
  elsewhere: "forward@elsewhere",
} as const;

export type ForwardWay = keyof typeof forwardRoutes;

/** Which way that is, where the route is one of the forward proxy's. */
export function forwardWay(route: string): ForwardWay | undefined {
  switch (route) {
    case forwardRoutes.inward:
      return "inward";
    case forwardRoutes.tunnel:
      return "tunnel";
    case forwardRoutes.elsewhere:
      return "elsewhere";
    default:
      return undefined;
  }
}

/**
 * Where a client of the forward proxy says who it is. `connect`: always on the CONNECT. `inside`: on the requests in the
 * tunnel. `either`: whichever it likes, and clients that wait to be asked (git) are asked on the CONNECT.
 */
export type ForwardIdentity = "either" | "connect" | "inside";
