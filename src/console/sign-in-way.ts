import type { Result } from "../base/result.ts";

/** A trip to an identity provider and back, as an authorization server makes it. */
export interface SignInWay {
  /** The provider's name, for people. */
  readonly provider: string;
  /** Where to send the browser, and what to keep (sealed) until it is back. Rejects where the provider cannot be had. */
  start(redirectUri: string): Promise<{ readonly location: string; readonly remember: Remembered }>;
  /** The id token for what the browser brought back; the error is fit to be shown. */
  finish(
    query: URLSearchParams,
    remembered: Remembered,
    redirectUri: string,
  ): Promise<Result<string>>;
}

/** What binds the way back to the way out, in this browser alone. */
export interface Remembered {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}
