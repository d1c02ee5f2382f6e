import { createApi, type Readiness } from "../api/api.ts";
import { auditPaths, auditRoutes } from "../api/audit-routes.ts";
import { serveMetrics } from "../api/metrics-server.ts";
import { oauth2 } from "../api/oauth2.ts";
import { tokenSessions } from "../api/oauth2-sessions.ts";
import { provenanceDesk } from "../api/provenance-desk.ts";
import type { RawDesk } from "../api/raw-desk.ts";
import { rawPaths, rawRoutes } from "../api/raw-routes.ts";
import { serveApi } from "../api/server.ts";
import type { SessionDesk } from "../api/session-desk.ts";
import { sessionPaths, sessionRoutes } from "../api/session-routes.ts";
import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import { formatAddress } from "../config/address.ts";
import { createConsole } from "../console/console.ts";
import { oidcSignIn } from "../console/oidc.ts";
import type { SignInWay } from "../console/sign-in-way.ts";
import type { Principal } from "../core/principal.ts";
import { serveGrpc } from "../extproc/grpc/server.ts";
import { serveHttp2 } from "../extproc/http2/server.ts";
import { processor } from "../extproc/processor.ts";
import type { Drain, TransportServer } from "../extproc/transport.ts";
import { converse } from "../gateway/converse.ts";
import { byHeader } from "../identity/by-header.ts";
import { tokenExchange } from "../identity/exchange.ts";
import { tlsOf } from "./fleet-file.ts";
import { hookMounts } from "./hooks.ts";
import type { House } from "./house.ts";
import { signInWith } from "./identity.ts";
import { consoleUrl } from "./law.ts";
import { metricsText } from "./metrics-file.ts";
import { policyAct } from "./policy-act.ts";
import { provenanceEvidence } from "./provenance-evidence.ts";
import { provenanceMounts } from "./provenance-mounts.ts";
import { readiness } from "./readiness.ts";
import { rawDesk, sessionDesk } from "./session-desk.ts";

/** A processor that answers. */
export interface Working {
  readonly processor: TransportServer;
  /**
   * Goes on for `notice` milliseconds while Envoy takes note, takes nothing new, waits for what is open (`deadline` at
   * most), then closes everything. What is parked goes to the other gateways, where there are any.
   */
  stop(how: Omit<Drain, "handOver">): Promise<void>;
}

/** A processor and an API that answer. */
export interface Serving extends Working {
  readonly apiUrl: string;
  readonly metricsUrl: string;
}

/** What the API tells of the gateway as a whole, which may be several processes. */
export interface Whole {
  ready(): Promise<readonly Readiness[]>;
  metrics(): Promise<string>;
  readonly recorded: SessionDesk;
  readonly raw: RawDesk;
}

/** Starts to serve; rejects, with nothing left open, when an address cannot be had. */
export function serve(house: House, version: string): Promise<Serving> {
  const { listen } = house.config;
  const whole: Whole = {
    ready: () => readiness(house),
    metrics: () => metricsText(house, version),
    recorded: sessionDesk(house, house.recordings, version),
    raw: rawDesk(house, house.recordings.store),
  };
  return open(house, async (door) => {
    const api = door(await serveApi(apiOf(house, version, whole), listen.api));
    const metrics = door(await serveMetrics(whole.metrics, listen.metrics));
    return { apiUrl: api.url, metricsUrl: metrics.url };
  });
}

/** The same for one of several processes: no metrics of its own, and an API only where it speaks for the whole. */
export function serveOne(
  house: House,
  version: string,
  whole: Whole | undefined,
): Promise<Working & { readonly apiUrl?: string }> {
  return open(house, async (door) => {
    if (whole === undefined) return {};
    const api = await serveApi(apiOf(house, version, whole), house.config.listen.api);
    return { apiUrl: door(api).url };
  });
}

interface Door {
  close(): Promise<void>;
}

/** Opens the doors that it is told to, then the processor's; closes all of them when one cannot be opened. */
async function open<T extends object>(
  house: House,
  others: (door: <D extends Door>(opened: D) => D) => Promise<T>,
): Promise<T & Working> {
  const { config, parts } = house;
  const doors: Door[] = [];
  const close = async () => {
    for (const one of doors.splice(0).reverse()) await one.close();
  };
  try {
    const opened = await others((door) => {
      doors.push(door);
      return door;
    });
    const fault = (error: unknown) => parts.fault("extproc", error);
    const serveOver = config.listen.transport === "http2" ? serveHttp2 : serveGrpc;
    const server = await serveOver(
      formatAddress(config.listen.extproc),
      processor((port, first) => converse(parts, port, first), fault),
      { ...tlsOf(config), fault },
    );
    doors.push({ close: () => server.drain({ deadline: 0 }) });
    // Only now is it in force: a gateway that could not start has nothing to say.
    await house.audit.act(policyAct({ kind: "loaded", policy: house.policy.current() }));
    return {
      ...opened,
      processor: server,
      stop: async (how) => {
        await server.drain({ ...how, handOver: config.state.kind === "redis" });
        await close();
        await house.close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function wayOf({ config, hooks }: House): { readonly way?: SignInWay } {
  const { signIn } = config.approvals;
  const issuer = config.identity.issuers.find(({ name }) => name === signIn?.issuer);
  if (signIn === undefined || issuer === undefined) return {};
  const { clientId, scope } = signIn;
  const secret = hooks.signIn === undefined ? {} : { clientSecret: hooks.signIn };
  const known = { provider: issuer.name, issuer: issuer.issuer, fetch };
  return { way: oidcSignIn({ ...known, clientId, scope, ...secret }) };
}

function apiOf(house: House, version: string, whole: Whole): ReturnType<typeof createApi> {
  const { config, audit, approvals, identity, keys, sessions } = house;
  const { issuers, saml } = identity;
  const { clock, authenticator, fault } = house.parts;
  const exchange = tokenExchange({
    clock,
    sessions,
    audit,
    issuers,
    ...(saml === undefined ? {} : { saml }),
    lifetime: config.identity.sessions.lifetime,
    onProblem: (error) => fault("token exchange", error),
  });
  const identify = byHeader(authenticator);
  const { ready, metrics, recorded, raw } = whole;
  const shared = {
    approvals,
    clock,
    audit,
    viewers: config.approvals.approvers,
    authenticate: async (authorization: string | undefined): Promise<Result<Principal>> => {
      const identity = await identify(authorization);
      return identity.ok ? ok(identity.value.principal) : err(identity.error.message);
    },
  };
  const commits = provenanceDesk({
    ...house.provenance,
    ...provenanceEvidence(audit),
    readers: config.approvals.approvers,
  });
  return createApi({
    ...shared,
    version,
    ready,
    metrics,
    onProblem: (error) => fault("api", error),
    mount: [
      {
        path: "/api/v1/audit",
        app: auditRoutes({ audit, readers: config.approvals.approvers }),
        openApi: auditPaths(),
      },
      {
        path: "/api/v1/sessions",
        app: sessionRoutes(recorded),
        openApi: sessionPaths(),
      },
      { path: "/api/v1/sessions", app: rawRoutes(raw), openApi: rawPaths() },
      ...provenanceMounts(house, commits, identify),
      { path: "/", app: oauth2({ clock, exchange }) },
      {
        path: "/oauth2/sessions",
        app: tokenSessions({
          exchange,
          authenticate: identify,
          administrators: config.approvals.approvers,
        }),
      },
      ...hookMounts(house),
      // Last: what it lets in, and how much, concerns its own pages alone.
      {
        path: "/",
        app: createConsole({
          ...shared,
          recordings: recorded,
          commits,
          ...signInWith(config, saml, exchange),
          ...wayOf(house),
          key: keys.console,
          publicUrl: consoleUrl(config),
          onProblem: (error) => fault("sign-in", error),
          exchange: async (idToken) => {
            const asked = { method: "GET", path: "/sign-in/done" };
            const issued = await exchange.issue("id_token", new Secret(idToken), asked);
            return issued.ok ? ok(issued.value.token.reveal()) : err(issued.error.message);
          },
        }),
      },
    ],
  });
}
