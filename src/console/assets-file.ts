import { readFileSync } from "node:fs";

/** A file that browsers load, as it lies beside the sources. */
export interface Asset {
  readonly path: string;
  readonly type: string;
  readonly body: string;
}

/** The style, the script and the icon of the console; read once. */
export function readAssets(): readonly Asset[] {
  const read = (name: string, type: string): Asset => ({
    path: `/${name}`,
    type,
    body: readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8"),
  });
  return [
    read("console.css", "text/css; charset=utf-8"),
    read("console.js", "text/javascript; charset=utf-8"),
    read("commit.css", "text/css; charset=utf-8"),
    read("player.css", "text/css; charset=utf-8"),
    read("player.js", "text/javascript; charset=utf-8"),
    read("story.js", "text/javascript; charset=utf-8"),
    read("icon.svg", "image/svg+xml"),
  ];
}
