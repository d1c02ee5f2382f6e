import { ConnectionError, reason } from "./codes.ts";

/** Frames that may come at once without any use, and how many more each second. */
const mostNoise = 2000;
const noisePerSecond = 200;
/** Resets and window updates that may come beyond those that every stream and every frame of ours may bring. */
const spare = 1000;
/** Streams that may be reset at once before they had any answer, and how many more each second. */
const mostUnheard = 2000;
const unheardPerSecond = 200;
/** A stream that was open for so many milliseconds was meant. */
const meant = 1000;

/** So much at once, and so much more with time. */
class Allowance {
  readonly #most: number;
  readonly #perSecond: number;
  #left: number;
  #since = 0;

  constructor(most: number, perSecond: number) {
    this.#most = most;
    this.#perSecond = perSecond;
    this.#left = most;
  }

  earn(): void {
    if (this.#left < this.#most) this.#left += 1;
  }

  /** False when nothing is left at that time, in milliseconds. */
  spend(now: number, cost = 1): boolean {
    const grown = this.#left + ((now - this.#since) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#most, grown) - cost;
    this.#since = now;
    return this.#left >= 0;
  }
}

/**
 * What a connection may ask of us for nothing. Whatever good peers do is free for ever: Envoy resets each stream that it
 * opened, once it had its answer; floods end the connection (ENHANCE_YOUR_CALM).
 */
export class Budgets {
  readonly #noise = new Allowance(mostNoise, noisePerSecond);
  readonly #unheard = new Allowance(mostUnheard, unheardPerSecond);
  #opened = 0;
  #resets = 0;
  #updates = 0;

  /** A stream was opened. */
  opened(): void {
    this.#opened += 1;
  }

  /** A stream has the first part of its answer. */
  answered(): void {
    this.#unheard.earn();
  }

  /** A frame that makes work and gives none: PING, SETTINGS, PRIORITY, empty ones, what nobody knows or wants. */
  noise(now: number): void {
    if (!this.#noise.spend(now)) throw flood("frames without use");
  }

  /** A setting that moved the windows of so many streams. */
  resized(streams: number, now: number): void {
    if (!this.#noise.spend(now, streams / 256)) throw flood("settings that move every window");
  }

  /** A stream was reset that never was, or is no more. */
  lateReset(): void {
    this.#resets += 1;
    if (this.#resets > this.#opened + spare) throw flood("resets");
  }

  /** A stream was reset that was opened then; one without an answer made us work for nobody. */
  reset(answered: boolean, since: number, now: number): void {
    this.lateReset();
    if (answered || now - since > meant) return;
    if (!this.#unheard.spend(now)) throw flood("streams that are reset before they are answered");
  }

  /** A window was opened, after so many frames of DATA: a few times for each of them, and for each stream, is enough. */
  windowUpdate(sent: number): void {
    this.#updates += 1;
    if (this.#updates > 4 * (this.#opened + sent) + spare) throw flood("window updates");
  }
}

function flood(what: string): ConnectionError {
  return new ConnectionError(reason.enhanceYourCalm, `too many ${what}`);
}
