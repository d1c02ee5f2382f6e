/** A call to an upstream's own API, with the gateway's stored credential. */
export interface ApiRequest {
  /** The brand host that resources begin with: `github.com`. */
  readonly host: string;
  readonly method: "GET" | "POST";
  /** Below the API's root, as `/repos/acme/app`; for GraphQL `/graphql`. */
  readonly path: string;
  readonly body?: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  /** The JSON body, redirects followed; `undefined` where there is none. */
  readonly body: unknown;
}

/** Makes the call; rejects when no answer came. */
export type ApiCall = (request: ApiRequest) => Promise<ApiAnswer>;

/** The body of a call that succeeded; `undefined` where the upstream says that there is no such thing. */
export async function ask(call: ApiCall, request: ApiRequest): Promise<unknown> {
  const { status, body } = await call(request);
  if (status >= 200 && status < 300) return body;
  // 409: an empty repository; 422: an id that names nothing there; 410, 451: gone; 403 with a 404's meaning is not assumed.
  if ([404, 409, 410, 422, 451].includes(status)) return undefined;
  throw new Error(`the upstream answered ${status} when asked about the request`);
}
