import { z } from "zod";
import { name } from "./name.ts";
import { fileReference } from "./reference.ts";
import { trustedUrl, webUrl } from "./url.ts";

/** A SAML 2.0 identity provider for people: console sign-in, and assertions as subject tokens of the exchange. */
export function saml(folder: string) {
  const file = fileReference(folder).exactOptional();
  return z
    .strictObject({
      /** What policy calls it; unique among all issuers. */
      name,
      /** The file of its metadata; or else the next three. Read again at each use, so that keys may rotate. */
      metadata: file,
      /** Its entity id, as assertions name it. */
      idp: z.string().min(1).exactOptional(),
      /** Where it signs people in (HTTP-Redirect binding). */
      entryPoint: trustedUrl.exactOptional(),
      /** The PEM file of its signing certificates, several while they rotate. */
      certificates: file,
      /** Our own entity id, which is the audience too; where the metadata endpoint is, unless stated. */
      entityId: z.string().min(1).exactOptional(),
      /** The `Recipient` of assertions made for the token exchange; `/oauth2/token` of the console's address unless stated. */
      tokenUrl: webUrl.exactOptional(),
      /** Attributes that an assertion must carry, with one of these values. */
      require: z
        .record(z.string(), z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]))
        .default({}),
      /** The attribute that lists a person's groups. */
      groups: z.string().min(1).exactOptional(),
    })
    .transform(({ metadata, idp, entryPoint, certificates, ...rest }, context) => {
      const stated = [idp, entryPoint, certificates];
      if (metadata !== undefined && stated.every((value) => value === undefined))
        return { ...rest, provider: { kind: "metadata" as const, path: metadata } };
      if (metadata === undefined && idp && entryPoint && certificates) {
        const provider = { id: idp, entryPoint: entryPoint.href, certificates };
        return { ...rest, provider: { kind: "stated" as const, ...provider } };
      }
      const message = "must have either metadata, or idp, entryPoint and certificates";
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    });
}
