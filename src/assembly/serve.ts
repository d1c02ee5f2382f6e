import { createApi } from "../api/api.ts";
import { auditPaths, auditRoutes } from "../api/audit-routes.ts";
import { serveMetrics } from "../api/metrics-server.ts";
import { oauth2 } from "../api/oauth2.ts";
import { tokenSessions } from "../api/oauth2-sessions.ts";
import { provenancePaths, provenanceRoutes } from "../api/provenance-routes.ts";
import { serveApi } from "../api/server.ts";
import { sessionPaths, sessionRoutes } from "../api/session-routes.ts";
import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import { formatAddress } from "../config/address.ts";
import { createConsole } from "../console/console.ts";
import { oidcSignIn } from "../console/oidc.ts";
import type { SignInWay } from "../console/sign-in-way.ts";
import type { Principal } from "../core/principal.ts";
import { serveGrpc } from "../extproc/grpc/server.ts";
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
import { readiness } from "./readiness.ts";
import { sessionDesk } from "./session-desk.ts";

/** A processor and an API that answer. */
export interface Serving {
  readonly processor: TransportServer;
  readonly apiUrl: string;
  readonly metricsUrl: string;
  /**
   * Goes on for `notice` milliseconds while Envoy takes note, takes nothing new, waits for what is open (`deadline` at
   * most), then closes everything. What is parked goes to the other gateways, where there are any.
   */
  stop(how: Omit<Drain, "handOver">): Promise<void>;
}

/** Starts to serve; rejects, with nothing left open, when an address cannot be had. */
export async function serve(house: House, version: string): Promise<Serving> {
  const { config, parts } = house;
  const open: { close(): Promise<void> }[] = [];
  const close = async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  };
  try {
    const api = await serveApi(apiOf(house, version), config.listen.api);
    open.push(api);
    const metrics = await serveMetrics(() => metricsText(house, version), config.listen.metrics);
    open.push(metrics);
    const server = await serveGrpc(
      formatAddress(config.listen.extproc),
      processor((port, first) => converse(parts, port, first)),
      tlsOf(config),
    );
    open.push({ close: () => server.drain({ deadline: 0 }) });
    // Only now is it in force: a gateway that could not start has nothing to say.
    await house.audit.act(policyAct({ kind: "loaded", policy: house.policy.current() }));
    return {
      processor: server,
      apiUrl: api.url,
      metricsUrl: metrics.url,
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

function apiOf(house: House, version: string): ReturnType<typeof createApi> {
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
  const recorded = sessionDesk(house, version);
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
  return createApi({
    ...shared,
    version,
    ready: () => readiness(house),
    metrics: () => metricsText(house, version),
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
      {
        path: "/api/v1/provenance",
        app: provenanceRoutes({
          ...house.provenance,
          ...provenanceEvidence(audit),
          readers: config.approvals.approvers,
        }),
        openApi: provenancePaths(),
      },
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
