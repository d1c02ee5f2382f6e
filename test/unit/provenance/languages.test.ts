import { describe, expect, test } from "vitest";
import { fingerprints, tokensOf } from "../../../src/provenance/fingerprints.ts";
import { languageNamed, languageOf } from "../../../src/provenance/language.ts";

/** For each language: a program; the same as somebody else lays it out; with other names; and another program. */
interface Sample {
  readonly path: string;
  readonly fence: string;
  readonly code: string;
  readonly relaid: string;
  readonly renamed: string;
  readonly other: string;
  /** Two programs that differ within a string alone, where what looks like a comment is none. */
  readonly strings: readonly [string, string];
}

const samples: Readonly<Record<string, Sample>> = {
  TypeScript: {
    path: "a.ts",
    fence: "ts",
    code: "const sum = (rows: readonly number[]): number => rows.reduce((a, b) => a + b, 0);",
    relaid:
      "// adds\nconst sum = (\n\trows: readonly number[], /* all */\n): number =>\n\trows.reduce((a, b) => a + b, 0)",
    renamed: "const all = (list: readonly number[]): number => list.fold((x, y) => x + y, 1);",
    other: "function sum(rows: readonly number[]): number { let a = 0; return a + rows.length; }",
    strings: ["const a = `// $" + "{b /* c */} d`;", "const a = `// $" + "{b /* c */} e`;"],
  },
  JavaScript: {
    path: "a.mjs",
    fence: "javascript",
    code: "export const match = (text) => text.split(/[/*\"']+/).filter((one) => one !== '');",
    relaid:
      'export const match = (text) => // split\n  text.split(/[/*"\']+/)\n    .filter((one) => one !== "")',
    renamed: "export const parts = (line) => line.cut(/x/).keep((each) => each !== 'y');",
    other: "export function match(text) { return text.split('/').length / 2 / 3; }",
    strings: ["a = '/* b */'", "a = '/* c */'"],
  },
  Python: {
    path: "a.py",
    fence: "python",
    code: "def mean(rows):\n    if not rows:\n        raise ValueError('none')\n    return sum(rows) / len(rows)",
    relaid:
      'def mean(rows):  # of all\n  if not rows:\n\n      raise ValueError("none")\n  return sum(rows) / len(rows)',
    renamed:
      "def middle(them):\n    if not them:\n        raise KeyError('no')\n    return add(them) / size(them)",
    other: "class Mean:\n    async def of(self, rows):\n        return await rows.mean()",
    strings: ['a = """# b\n"""', 'a = """# c\n"""'],
  },
  Go: {
    path: "a.go",
    fence: "go",
    code: "func Mean(rows []float64) (float64, error) {\n\tif len(rows) == 0 {\n\t\treturn 0, ErrNone\n\t}\n\treturn sum(rows) / n, nil\n}",
    relaid:
      "// Mean of all.\nfunc Mean(\n\trows []float64,\n) (float64, error) {\n\tif len(rows) == 0 { return 0, ErrNone } /* none */\n\treturn sum(rows) / n, nil\n}",
    renamed:
      "func Avg(list []float64) (float64, error) {\n\tif len(list) == 0 {\n\t\treturn 1, Bad\n\t}\n\treturn add(list) / k, nil\n}",
    other:
      "type Mean struct {\n\trows map[string]float64\n}\n\nfunc (m *Mean) Put(at string) { go m.run(at) }",
    strings: ["a := `\\` + `// b`", "a := `\\` + `// c`"],
  },
  Java: {
    path: "A.java",
    fence: "java",
    code: "public static int count(List<String> rows) { int n = 0; for (String row : rows) if (row != null) n++; return n; }",
    relaid:
      "/** Counts. */\npublic static int count(List<String> rows)\n{\n  int n = 0; // so far\n  for (String row : rows)\n    if (row != null) n++;\n  return n;\n}",
    renamed:
      "public static int size(Set<Item> all) { int k = 5; for (Item one : all) if (one != null) k++; return k; }",
    other:
      "private final Map<String, Integer> counts = new HashMap<>(); void put(String row) { counts.merge(row, 1, Integer::sum); }",
    strings: ['var a = """\n// b\n""";', 'var a = """\n// c\n""";'],
  },
  Rust: {
    path: "a.rs",
    fence: "rust",
    code: "fn first<'a>(rows: &'a [String]) -> Option<&'a str> { match rows.get(0) { Some(row) => Some(row.as_str()), None => None } }",
    relaid:
      "/// The first.\nfn first<'a>(rows: &'a [String]) -> Option<&'a str> {\n    match rows.get(0) { // at all\n        Some(row) => Some(row.as_str()),\n        None => None,\n    }\n}",
    renamed:
      "fn head<'b>(list: &'b [Text]) -> Maybe<&'b word> { match list.at(9) { Some(one) => Some(one.get()), None => None } }",
    other:
      "pub struct First<T> { rows: Vec<T> } impl<T> First<T> { pub fn push(&mut self, row: T) { self.rows.push(row) } }",
    strings: ['let a = r#"// "b" "#;', 'let a = r#"// "c" "#;'],
  },
  C: {
    path: "a.h",
    fence: "c",
    code: "static int find(const char *text, char wanted) { for (int at = 0; text[at] != '\\0'; at++) if (text[at] == wanted) return at; return -1; }",
    relaid:
      "/* Finds. */\nstatic int find(const char *text, char wanted)\n{\n\tfor (int at = 0; text[at] != '\\0'; at++)\n\t\tif (text[at] == wanted)\n\t\t\treturn at; // there\n\treturn -1;\n}",
    renamed:
      "static int seek(const char *line, char what) { for (int i = 0; line[i] != '\\n'; i++) if (line[i] == what) return i; return -2; }",
    other:
      "struct find { unsigned long start; struct find *next; }; typedef union { float at; void *text; } place;",
    strings: ['a = \'"\'; b = "/* b */";', 'a = \'"\'; b = "/* c */";'],
  },
  shell: {
    path: "a.sh",
    fence: "bash",
    code: "for file in $(ls $1); do if test -f $file; then echo found $file; else exit 3; fi; done",
    relaid:
      "# all\nfor file in $(ls $1); do\n  if test -f $file; then\n    echo found $file   # so it is\n  else\n    exit 3\n  fi\ndone",
    renamed:
      "for each in $(find $2); do if check -d $each; then echo saw $each; else exit 4; fi; done",
    other: 'while read -r line; do case "$line" in a) return 1 ;; esac; done < $1',
    strings: ["a='# b'", "a='# c'"],
  },
};

const shape = (path: string, text: string) =>
  fingerprints(tokensOf(text, languageOf(path)), "abstract").hashes;
const words = (path: string, text: string) => {
  const tokens = tokensOf(text, languageOf(path));
  return [...tokens.hashes.subarray(0, tokens.length)];
};

describe.each(Object.entries(samples))("%s", (_name, sample) => {
  const { path, fence, code, relaid, renamed, other, strings } = sample;

  test("comments, layout and last commas do not count", () => {
    expect(words(path, relaid)).toEqual(words(path, code));
    expect(words(path, code).length).toBeGreaterThan(20);
  });

  test("with other names and values the shape stays, the words do not", () => {
    expect(shape(path, code).length).toBeGreaterThan(0);
    expect(shape(path, renamed)).toEqual(shape(path, code));
    expect(words(path, renamed)).not.toEqual(words(path, code));
  });

  test("another program has another shape", () => {
    const known = new Set(shape(path, code));
    expect(shape(path, other).some((hash) => known.has(hash))).toBe(false);
  });

  test("what looks like a comment within a string is none", () => {
    expect(words(path, strings[0])).not.toEqual(words(path, strings[1]));
    expect(words(path, strings[0]).length).toBe(words(path, strings[1]).length);
  });

  test("a fence that names it is read like a file of it", () => {
    expect(languageNamed(fence)).toBe(languageOf(path));
  });
});

describe("YAML", () => {
  test("comments and layout do not count; data has no shape of its own", () => {
    const code = "jobs:\n  build: { runs-on: ubuntu, steps: ['# a', b#c] }";
    const relaid = '# all\njobs:\n    build: { runs-on: ubuntu,   steps: ["# a", b#c] }  # one';
    expect(words("a.yml", relaid)).toEqual(words("a.yml", code));
    expect(words("a.yml", code.replace("# a", "# b"))).not.toEqual(words("a.yml", code));
    expect(languageOf("a.yaml").shaped).toBe(false);
    expect(languageNamed("yaml")).toBe(languageOf("a.yml"));
  });
});
