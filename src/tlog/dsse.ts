import type { Signer } from "./key.ts";

/** A signed statement (DSSE v1: github.com/secure-systems-lab/dsse, envelope.md). */
export interface Envelope {
  readonly payloadType: string;
  /** Base64. */
  readonly payload: string;
  /** Base64 too; `keyid` is `name+id`, as signature lines of notes name a key. */
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** Signs a text of that type; several signers sign in turn. */
export function signEnvelope(
  payloadType: string,
  text: string,
  signers: readonly Signer[],
): Envelope {
  const signed = preAuthentication(payloadType, text);
  return {
    payloadType,
    payload: Buffer.from(text).toString("base64"),
    signatures: signers.map((signer) => ({
      keyid: `${signer.name}+${signer.id}`,
      sig: signer.sign(signed).toString("base64"),
    })),
  };
}

/** What is signed (protocol.md, PAE). No signed note begins like that: its first line is a log's name. */
function preAuthentication(type: string, text: string): string {
  return `DSSEv1 ${Buffer.byteLength(type)} ${type} ${Buffer.byteLength(text)} ${text}`;
}
