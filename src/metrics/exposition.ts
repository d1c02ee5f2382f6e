/** Label names and values of one sample, in the order in which they are written. */
export type Labels = Readonly<Record<string, string>>;

/** One sample of a metric that is read when it is asked for. */
export type Sample = readonly [Labels, number];

/** Something that can say its state as Prometheus text, version 0.0.4. */
export interface Metric {
  text(): string;
}

/** What is counted under one set of labels. */
interface Count {
  readonly labels: Labels;
  total: number;
}

/** What is measured under one set of labels. */
interface Measure {
  readonly labels: Labels;
  readonly counts: number[];
  sum: number;
  count: number;
}

/** A number that only grows. */
export class Counter implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #series = new Map<string, Count>();
  /** By labels that were given before: whoever counts often gives the same object. */
  readonly #known = new WeakMap<Labels, Count>();

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  add(labels: Labels, amount = 1): void {
    const series = this.#known.get(labels) ?? this.#of(labels);
    series.total += amount;
  }

  #of(labels: Labels): Count {
    const key = keyOf(labels);
    const series = this.#series.get(key) ?? { labels, total: 0 };
    this.#series.set(key, series);
    this.#known.set(labels, series);
    return series;
  }

  text(): string {
    const lines = linesOf(
      this.#name,
      [...this.#series.values()].map(({ labels, total }) => [labels, total]),
    );
    return written(this.#name, this.#help, "counter", lines);
  }
}

/** Seconds, or whatever else is measured, in buckets. */
export class Histogram implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Measure>();
  readonly #known = new WeakMap<Labels, Measure>();

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
  }

  add(value: number, labels: Labels = unlabelled): void {
    const series = this.#known.get(labels) ?? this.#of(labels);
    series.sum += value;
    series.count += 1;
    for (let at = 0; at < this.#bounds.length; at++)
      if (value <= (this.#bounds[at] as number)) series.counts[at] = (series.counts[at] ?? 0) + 1;
  }

  #of(labels: Labels): Measure {
    const key = keyOf(labels);
    const series = this.#series.get(key) ?? {
      labels,
      counts: this.#bounds.map(() => 0),
      sum: 0,
      count: 0,
    };
    this.#series.set(key, series);
    this.#known.set(labels, series);
    return series;
  }

  text(): string {
    const all = this.#series.size === 0 ? [none(this.#bounds)] : [...this.#series.values()];
    const lines = all.flatMap(({ labels, counts, sum, count }) => [
      ...this.#bounds.map(
        (bound, i) =>
          `${this.#name}_bucket${format({ ...labels, le: `${bound}` })} ${counts[i] ?? 0}`,
      ),
      `${this.#name}_bucket${format({ ...labels, le: "+Inf" })} ${count}`,
      `${this.#name}_sum${format(labels)} ${sum}`,
      `${this.#name}_count${format(labels)} ${count}`,
    ]);
    return written(this.#name, this.#help, "histogram", lines);
  }
}

/** The text of a gauge whose samples are known now. */
export function gauge(name: string, help: string, samples: number | readonly Sample[]): string {
  return written(name, help, "gauge", linesOf(name, samples));
}

/** The text of a counter that somebody else counts. */
export function counter(name: string, help: string, samples: number | readonly Sample[]): string {
  return written(name, help, "counter", linesOf(name, samples));
}

function linesOf(name: string, samples: number | readonly Sample[]): readonly string[] {
  const all: readonly Sample[] = typeof samples === "number" ? [[{}, samples]] : samples;
  return all.map(([labels, value]) => `${name}${format(labels)} ${value}`);
}

function written(name: string, help: string, type: string, lines: readonly string[]): string {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

function none(bounds: readonly number[]) {
  return { labels: {}, counts: bounds.map(() => 0), sum: 0, count: 0 };
}

const unlabelled: Labels = {};

/** The same for the same labels, in the same order, and cheap: what is counted is counted with each request. */
function keyOf(labels: Labels): string {
  let key = "";
  for (const name in labels) key += `${name}\0${labels[name]}\0`;
  return key;
}

function format(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
