/** One way from the load generator to the model's endpoint, started and ready. */
export interface Leg {
  readonly name: string;
  /** Base address, without a slash at the end; the endpoint is `/chat/completions` under it. */
  readonly url: string;
  readonly headers: readonly string[];
  /** Where it tells its metrics; absent: it tells none. */
  readonly metrics?: string;
  /** Processes of this way whose processor time and memory count, by name. */
  pids(): Readonly<Record<string, number>>;
  stop(): Promise<unknown>;
}
