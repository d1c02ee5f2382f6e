import { tokenOf } from "../../http/authorization.ts";
import type { RequestHead, ResponseHead } from "../../http/message.ts";
import { contentLens } from "../content-lens.ts";
import type { Upstream } from "../draft.ts";
import { apiSegments, parseRest } from "../github-rest/parse.ts";
import type { Protocol } from "../protocol.ts";
import { type Rewriting, rewriteTransform } from "./rewrite.ts";

/**
 * Copilot's account API (`/copilot_internal/…`), by which clients fetch an inference token and learn where Copilot
 * is. It is read as the REST API that it is part of; its answers are rewritten, so that the token never reaches the
 * runner and the endpoints are the gateway's. `hosts` are those by which the gateway's Copilot connections are known.
 */
export function copilotToken(hosts: readonly string[] = [], upstream?: Upstream): Protocol {
  return {
    name: "copilot-token",
    recognises: (_head, target) =>
      target.connection.kind === "github-api" &&
      apiSegments(target)[0]?.toLowerCase() === "copilot_internal",
    parse: (head, target) => parseRest(head, target, upstream),
    responseLens: (head, request) =>
      gives(head)
        ? (open) => rewriteTransform(rewriting(request, hosts), open)
        : contentLens(head.fields),
  };
}

/** Whether a document may come: an error has none that holds a token. */
function gives({ status }: ResponseHead): boolean {
  return status >= 200 && status < 300;
}

function rewriting(request: RequestHead, hosts: readonly string[]): Rewriting {
  const token = tokenOf(request.fields);
  return { presented: token.ok ? token.value : "", endpoint: endpointFor(request, hosts) };
}

/** Under `/api/v3` the gateway stands for all of GitHub in one host; else each service has its own, one of `hosts`. */
function endpointFor(request: RequestHead, hosts: readonly string[]): (url: string) => string {
  if (/^\/api\/v3\//i.test(request.path)) {
    const here = `${request.scheme}://${request.authority}/copilot`;
    return () => here;
  }
  return (url) => {
    const host = URL.canParse(url) ? new URL(url).host : "";
    if (hosts.includes(host)) return url;
    return hosts[0] === undefined ? url : `https://${hosts[0]}`;
  };
}
