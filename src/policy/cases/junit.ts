import type { Suite } from "./file.ts";

/** Test results in the JUnit XML that CI systems read. */
export function junit(suites: readonly Suite[]): string {
  const bodies = suites.map(({ file, results }) => {
    const failures = results.filter(({ complaints }) => complaints.length > 0).length;
    const cases = results.map(({ name, complaints }) => {
      const open = `    <testcase classname="${xml(file)}" name="${xml(name)}"`;
      if (complaints.length === 0) return `${open}/>`;
      const message = xml(complaints.join("; "));
      return `${open}><failure message="${message}">${message}</failure></testcase>`;
    });
    const counts = `tests="${results.length}" failures="${failures}"`;
    return [`  <testsuite name="${xml(file)}" ${counts}>`, ...cases, "  </testsuite>"].join("\n");
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    ...bodies,
    "</testsuites>",
    "",
  ].join("\n");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** What XML 1.0 cannot hold at all becomes U+FFFD. */
function xml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
      .replace(/[&<>"]/g, (character) => entities[character] ?? character)
  );
}
