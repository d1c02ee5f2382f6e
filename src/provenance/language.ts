/** What a lexer has to know of a language. */
export interface Language {
  readonly name: string;
  /** What begins a comment that ends with its line. */
  readonly line: readonly string[];
  /** Has C's other comments too, which may run over lines. */
  readonly block: boolean;
  /** Strings that may run over several lines, by what opens and closes them. */
  readonly long: readonly string[];
  /** Quotes within which a backslash is only a backslash. */
  readonly raw: readonly string[];
  /** A single quote may begin a lifetime (Rust) rather than a string. */
  readonly lifetimes: boolean;
  /** A slash may begin a regular expression, and a backtick a template with code in it. */
  readonly templates: boolean;
  /** Whether programs have a shape that is told by more than their words: data and prose have none. */
  readonly shaped: boolean;
  /** Words that are part of the shape of a program: the abstract channel keeps them. */
  readonly keywords: ReadonlySet<string>;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const script = words(
  "abstract any as async await break case catch class const continue debugger declare default delete do else enum export extends false finally for from function get if implements import in infer instanceof interface is keyof let namespace new null of package private protected public readonly require return set static super switch this throw true try type typeof undefined unknown var void while with yield string number boolean object never",
);
const cLike = words(
  "abstract assert auto boolean break byte case catch char class const continue default defined delete do double else endif enum explicit extends extern final finally float for friend goto if ifdef ifndef implements import include inline instanceof int interface long namespace native new null nullptr operator override package private protected public record register return sealed short signed sizeof static struct super switch synchronized template this throw throws transient true false try typedef typename union unsigned using var virtual void volatile while yield define pragma",
);
const base = {
  line: ["//"],
  block: true,
  long: [],
  raw: [],
  lifetimes: false,
  templates: false,
  shaped: true,
};

const c: Language = { ...base, name: "c", long: ['"""'], keywords: cLike };
const javascript: Language = {
  ...base,
  name: "javascript",
  templates: true,
  keywords: script,
};
const python: Language = {
  ...base,
  name: "python",
  line: ["#"],
  block: false,
  long: ['"""', "'''"],
  keywords: words(
    "and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield match case self cls None True False",
  ),
};
const go: Language = {
  ...base,
  name: "go",
  long: ["`"],
  raw: ["`"],
  keywords: words(
    "break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var nil true false string int int64 uint64 byte rune bool error any make append len",
  ),
};
const rust: Language = {
  ...base,
  name: "rust",
  long: ['"'],
  lifetimes: true,
  keywords: words(
    "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe use where while Some None Ok Err",
  ),
};
const shell: Language = {
  ...base,
  name: "shell",
  line: ["#"],
  block: false,
  long: ['"', "'"],
  raw: ["'"],
  keywords: words(
    "if then else elif fi for while until do done case esac in function return local export readonly set unset shift exit echo cd",
  ),
};
const yaml: Language = {
  ...base,
  name: "yaml",
  line: ["#"],
  block: false,
  shaped: false,
  keywords: words("true false null yes no"),
};

const data: Language = { ...base, name: "data", line: [], shaped: false, keywords: new Set() };

const endings: readonly (readonly [Language, string])[] = [
  [javascript, "js jsx mjs cjs ts tsx mts cts javascript typescript vue svelte"],
  [python, "py pyi python python3 rb ruby"],
  [go, "go golang"],
  [rust, "rs rust"],
  [shell, "sh bash zsh shell console dockerfile makefile mk"],
  [yaml, "yml yaml toml ini conf properties"],
  [data, "json jsonc md markdown txt rst html htm xml svg css scss less csv tsv lock sum mod map"],
  [c, "c h cc cpp cxx hpp hh cs java kt kts scala swift php m mm dart groovy proto"],
];
const byEnding = new Map(
  endings.flatMap(([language, names]) => names.split(" ").map((name) => [name, language] as const)),
);

/** The language of a file, by its ending; of an unknown one only the words count. */
export function languageOf(path: string): Language {
  const file = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return byEnding.get(file.slice(file.lastIndexOf(".") + 1)) ?? { ...c, shaped: false };
}

/** The language that a fence names; where it names none, C's rules are the best guess. */
export function languageNamed(name: string): Language {
  return byEnding.get(name.toLowerCase()) ?? c;
}
