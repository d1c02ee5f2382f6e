import { type Answer, ask, type Question } from "./ask.ts";
import type { DemoCollector } from "./collector.ts";
import type { DemoIssuer } from "./issuer.ts";
import type { Narrator } from "./narrator.ts";
import type { DemoUpstream } from "./upstream.ts";

/** Where everything is. All URLs without a slash at the end. */
export interface TourContext {
  /** Envoy's reverse proxy. */
  readonly proxy: string;
  /** PEM file of the authority that the proxy's certificate hangs on. */
  readonly ca: string;
  /** Sallyport's own API. */
  readonly api: string;
  readonly issuer: DemoIssuer;
  readonly upstream: DemoUpstream;
  readonly collector: DemoCollector;
  /** The credential that Sallyport holds; the tour checks that no client ever sees it. */
  readonly credential: string;
  readonly write: (line: string) => void;
  readonly colour?: boolean;
}

/** What the steps share. */
export interface Tour {
  readonly context: TourContext;
  readonly narrator: Narrator;
  /** PEM of the proxy's authority. */
  readonly authority: string;
  /** An id token of the demo CI job. */
  readonly token: string;
}

/** A step showed something else than it should have: the gateway did not do its work. */
export class TourFailure extends Error {
  override readonly name = "TourFailure";
}

/** Stops the tour unless that holds. */
export function insist(holds: boolean, failure: string): asserts holds {
  if (!holds) throw new TourFailure(failure);
}

/** Sends a request through the proxy, shows it and its answer, and makes sure that the credential is not in it. */
export async function send(
  { narrator, authority, context }: Tour,
  path: string,
  question: Question = {},
): Promise<Answer> {
  const { method = "GET", headers = {}, body } = question;
  const shown = Object.entries(headers).map(([name, value]) => `${name}: ${shorten(value)}`);
  narrator.show(
    [`> ${method} ${context.proxy}${path}`, ...shown.map((line) => `> ${line}`)].join("\n"),
  );
  if (typeof body === "string") narrator.show(`> ${body}`);
  const answer = await ask(context.proxy + path, { ...question, ca: authority });
  narrator.show(`< ${answer.status} ${String(answer.headers["content-type"] ?? "")}`.trimEnd());
  const all = JSON.stringify(answer.headers) + answer.text;
  insist(!all.includes(context.credential), "the stored credential came back to the client");
  return answer;
}

function shorten(value: string): string {
  return value.length > 60 ? `${value.slice(0, 40)}… (${value.length} characters)` : value;
}
