import { z } from "zod";
import { isLoopback } from "./address.ts";

/** An http or https URL without a user name or password in it. */
export const webUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    context.addIssue({ code: "custom", message: "must be an http or https URL" });
    return z.NEVER;
  }
  if (url.username !== "" || url.password !== "") {
    context.addIssue({ code: "custom", message: "must not hold a user name or a password" });
    return z.NEVER;
  }
  return url;
});

/** Scheme, host and port only. */
export const originUrl = webUrl.refine(
  (url) => url.pathname === "/" && url.search === "" && url.hash === "",
  "must be a scheme, a host and a port, without a path",
);

/** https, or http where nobody else can listen: on the loopback interface. */
export const trustedUrl = webUrl.refine(
  (url) => url.protocol === "https:" || isLoopback(url.hostname),
  "must be https (http is for loopback only)",
);
