import type { ApiMount } from "../api/api.ts";
import {
  attestationPaths,
  attestationRoutes,
  longestAttestation,
} from "../api/attestation-routes.ts";
import type { ProvenanceDesk } from "../api/provenance-desk.ts";
import { provenancePaths, provenanceRoutes } from "../api/provenance-routes.ts";
import type { byHeader } from "../identity/by-header.ts";
import type { House } from "./house.ts";

/** Base64 and a little JSON around what is sealed. */
const longestSealed = Math.ceil((4 / 3) * longestAttestation) + 1024;

/** What commits came from, and where jobs tell of those that did not pass. */
export function provenanceMounts(
  { provenance, parts }: House,
  desk: ProvenanceDesk,
  identify: ReturnType<typeof byHeader>,
): readonly ApiMount[] {
  return [
    {
      path: "/api/v1/provenance",
      app: provenanceRoutes(desk),
      openApi: provenancePaths(),
    },
    {
      path: "/api/v1/provenance/attestations",
      app: attestationRoutes({
        ...provenance,
        session: async (authorization) => {
          const identity = await identify(authorization);
          return identity.ok ? identity.value.session : undefined;
        },
        now: parts.clock.now,
        fault: (error) => {
          parts.fault("provenance", error);
          return null;
        },
      }),
      openApi: attestationPaths(),
      longestBody: longestSealed,
    },
  ];
}
