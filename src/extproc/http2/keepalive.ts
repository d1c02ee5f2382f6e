const every = 30_000;
const patience = 10_000;

/** Asks now and then whether somebody is still there, so that what a dead Envoy left open comes to its end. */
export class Keepalive {
  readonly #timer: NodeJS.Timeout;
  #doubt: NodeJS.Timeout | undefined;

  constructor(ask: () => void, dead: () => void) {
    this.#timer = setInterval(() => {
      this.#doubt ??= setTimeout(dead, patience).unref();
      ask();
    }, every).unref();
  }

  /** Something came: somebody is there. */
  heard(): void {
    if (this.#doubt === undefined) return;
    clearTimeout(this.#doubt);
    this.#doubt = undefined;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.heard();
  }
}
