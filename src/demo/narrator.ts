/** Tells the tour in plain words. */
export interface Narrator {
  heading(text: string): void;
  say(text: string): void;
  /** Something that really went over the wire, set off from the words. */
  show(text: string): void;
}

/** A narrator that writes lines, with bold headings where the output is a terminal. */
export function createNarrator(write: (line: string) => void, colour = false): Narrator {
  let steps = 0;
  const bold = (text: string): string => (colour ? `\u001b[1m${text}\u001b[0m` : text);
  const dim = (text: string): string => (colour ? `\u001b[36m${text}\u001b[0m` : text);
  return {
    heading: (text) => {
      steps++;
      write("");
      write(bold(`${steps}. ${text}`));
    },
    say: (text) => write(`   ${text}`),
    show: (text) => {
      for (const line of text.trimEnd().split("\n")) write(dim(`     | ${line}`));
    },
  };
}
