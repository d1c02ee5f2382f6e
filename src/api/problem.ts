import type { Context } from "hono";

/** A problem document (RFC 9457). `type` is `about:blank`, so `title` is the status' own phrase; `code` is ours and stable. */
export interface Problem {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 410 | 413 | 415 | 422 | 429 | 500 | 503;
  readonly code: string;
  readonly detail: string;
}

const titles: Readonly<Record<Problem["status"], string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  410: "Gone",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** Answers with a problem document. */
export function problem(c: Context, { status, code, detail }: Problem): Response {
  const body = { type: "about:blank", title: titles[status], status, code, detail };
  c.header("content-type", "application/problem+json; charset=utf-8");
  if (status === 401) c.header("www-authenticate", 'Bearer realm="Sallyport"');
  if (status === 503) c.header("retry-after", "5");
  return c.body(JSON.stringify(body), status);
}
