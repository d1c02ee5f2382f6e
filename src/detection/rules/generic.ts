import type { Rule } from "../rule.ts";
import { samples } from "./sample.ts";

const name =
  "(?:passw(?:or)?d|passphrase|passwrd|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|auth[_-]?key|private[_-]?key|secret[_-]?key|signing[_-]?key|encryption[_-]?key|credentials?)";
/** Names that end like those of secrets and are not. */
const harmlessNames =
  "(?i)(?:aws::\\w+::|page|progress|continuation|cursor|next|sync|cancellation|max|min|total|prompt|completion|input|output|stop|eos|bos|pad|unk|special|csrf|xsrf|public|tokenizer|secret[_-]?name|key[_-]?(?:name|id|path|file|vault)|token[_-]?(?:type|count|limit|url|uri|endpoint|name|id|path|file)|password[_-]?(?:field|hint|label|policy|reset|url|file|path|length))";

/** Names that nothing else has than a password, to the end. */
const passwordName = "(?:passw(?:or)?d|passphrase|passwrd|pwd|[_.-]pass|secret)[0-9]{0,2}";
/** A quoted value, behind what assigns it; in a call of one argument too, as in Scala. */
const quoted =
  "\\\\{0,3}[\"'`\\]]{0,2}\\s{0,16}(?:=>|:=|==|=|:)\\s{0,3}(?:[A-Za-z]{1,8}\\()?[a-z]{0,1}\\\\{0,3}[\"'`](?<secret>[^\\s\"'`\\\\]{4,128})\\\\{0,3}[\"'`]";

/** Values that only their name gives away. */
export const genericRules: readonly Rule[] = [
  {
    id: "assigned-secret",
    pattern: `(?i)${name}[\\w.-]{0,20}\\\\{0,3}["'\`\\]]{0,2}\\s{0,3}(?:=>|:=|==|=|:)\\s{0,3}[a-z]{0,1}\\\\{0,3}["'\`](?<secret>[^\\s"'\`\\\\]{8,128})\\\\{0,3}["'\`]`,
    entropy: 2.2,
    checks: ["not-placeholder", "not-reference", "not-common-word", "not-words"],
    allow: [{ target: "match", patterns: [harmlessNames], stopwords: [], condition: "or" }],
    examples: samples(
      [
        'password = "hunter2-{alnum:8}"',
        '"client_secret": "{alnum:32}",',
        "const apiKey = '{hex:32}';",
      ],
      [
        'password = "changeme"',
        'token: "\x24{{ secrets.TOKEN }}"',
        'secret = "process.env.SECRET"',
        'nextPageToken: "{alnum:32}"',
        '"AWS::IAM::AccessKey": "{hex:16}"',
        'const metadataToken = "X-Aws-Ec2-Metadata-Token"',
        'refreshToken: "r1.refreshtoken123"',
      ],
    ),
  },
  {
    id: "quoted-password",
    pattern: `(?i)${passwordName}${quoted}`,
    checks: ["not-placeholder", "not-reference", "not-common-word"],
    allow: [{ target: "match", patterns: [harmlessNames], stopwords: [], condition: "or" }],
    examples: samples(
      ["password: 'tr0ub4dor'", 'const DB_PASS = "jdzxqv"', 'password = Some("qmbzkt")'],
      ["password: 'password'", 'type="password"', 'passwordField: "x-password"'],
    ),
  },
  {
    id: "plain-password",
    pattern: `(?i)${passwordName}\\s{0,3}(?:=|:)[ \\t]{0,3}(?<secret>[^\\s"'\`\\\\<>{}()\\[\\],;$&|]{4,128})(?:[\\s"'\`&;,\\\\}]|$)`,
    checks: ["not-placeholder", "not-reference", "not-common-word", "not-words"],
    allow: [{ target: "match", patterns: [harmlessNames], stopwords: [], condition: "or" }],
    examples: samples(
      ["password: qzxvjw", "MYSQL_PASSWORD=qzxvjw7 ", "spring.datasource.password=kqdhwb1"],
      ["password: string;", "password = options.password,", "PASSWORD=$DB_PASSWORD"],
    ),
  },
  {
    id: "environment-secret",
    pattern:
      "(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET_?KEY)[A-Z0-9_]{0,20}=(?<secret>[A-Za-z0-9_+/=.!#%^*~-]{8,128})(?:[\\s\"';&]|$)",
    entropy: 2.2,
    checks: ["not-placeholder", "not-reference", "not-common-word", "not-words"],
    allow: [{ target: "match", patterns: [harmlessNames], stopwords: [], condition: "or" }],
    examples: samples(
      ["DB_PASSWORD={alnum:16}", "export API_KEY={hex:32}\n"],
      ["API_KEY=your-api-key-1", "TOKEN=$GITHUB_TOKEN"],
    ),
  },
  {
    id: "flag-secret",
    pattern:
      "(?i)\\s--?(?:password|passwd|pass|token|secret|api-?key|client-secret)[= ][\"']?(?<secret>[^\\s\"'<>$\\[{|]{8,128})",
    entropy: 2.8,
    checks: ["not-placeholder", "not-reference", "not-common-word", "not-words"],
    examples: samples(
      ["mysql --password={alnum:14} app"],
      ["gh auth --token <token>", "tool --token TOKEN_NAME_1"],
    ),
  },
  {
    id: "user-password-flag",
    pattern: "\\s(?:-u|--user)[ =][\"']?[A-Za-z0-9_.@-]{1,40}:(?<secret>[^\\s\"'$<{\\[]{6,128})",
    checks: ["not-placeholder", "not-reference", "not-common-word"],
    examples: samples(
      ["curl -u admin:{alnum:12} https://x"],
      ["docker run -u root:root x", "curl -u user:password x"],
    ),
  },
  {
    // A member of a structured document: the masker writes its name before the text, after a NUL.
    id: "named-secret",
    pattern: `(?i)\\x00[\\w. -]*${name}[\\w.-]{0,6}": "(?<secret>[^\\x00\\s]{6,512})$`,
    entropy: 2.5,
    checks: ["not-placeholder", "not-reference", "not-common-word"],
    allow: [{ target: "match", patterns: [harmlessNames], stopwords: [], condition: "or" }],
    examples: samples(
      ['\0client_secret": "{alnum:24}', '\0db.password": "correct-horse-7'],
      [
        '\0nextPageToken": "{alnum:24}',
        '\0token_type": "bearer-token',
        '\0password": "<your password>',
      ],
    ),
  },
];
