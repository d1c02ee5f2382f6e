/** The Prometheus text of one process, and the labels by which its samples are told from those of the others. */
export interface Part {
  readonly labels: Readonly<Record<string, string>>;
  readonly text: string;
}

interface Family {
  readonly head: readonly string[];
  readonly samples: string[];
}

/** The texts of several processes as one: each metric is described once, and every sample says whose it is. */
export function merged(parts: readonly Part[]): string {
  const families = new Map<string, Family>();
  for (const { labels, text } of parts) {
    const label = Object.entries(labels)
      .map(([name, value]) => `${name}="${value}"`)
      .join(",");
    let family: Family | undefined;
    for (const line of text.split("\n")) {
      const [, kind, name = ""] = /^# (HELP|TYPE) (\S+)/.exec(line) ?? [];
      if (kind === "HELP") family = families.get(name) ?? described(families, name, text);
      else if (kind === undefined && line !== "") family?.samples.push(labelled(line, label));
    }
  }
  const lines = [...families.values()].flatMap(({ head, samples }) => [...head, ...samples]);
  return lines.map((line) => `${line}\n`).join("");
}

function described(families: Map<string, Family>, name: string, text: string): Family {
  const words = new RegExp(`^# (?:HELP|TYPE) ${name} .*$`, "gm");
  const family = { head: text.match(words) ?? [], samples: [] };
  families.set(name, family);
  return family;
}

function labelled(sample: string, label: string): string {
  const [, name = "", more, rest = ""] =
    /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?( .*)$/.exec(sample) ?? [];
  return `${name}{${label}${more === undefined ? "" : `,${more}`}}${rest}`;
}
