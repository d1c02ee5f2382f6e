// One rule per arrow of ARCHITECTURE.md section "Layers"; `npm test` checks them all.
// `assembly` builds the parts and may import everything; nothing but `cli` imports it.
const features =
  "identity|protocols|policy|detection|actions|approvals|credentials|recording|audit|provenance";
const abilities = "detection|approvals|credentials|recording";
const effectful =
  "(redis|otlp|otel|file|wal|oidc|saml|vault|env|server|client|main|process|binary|spawn|github-app|s3|certificate)\\.ts$";

export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "leaves-know-no-product",
      severity: "error",
      from: { path: "^src/(base|http|metrics|s3|tlog|spool|yaml)/" },
      to: { path: "^src/(?!base/|http/|metrics/|s3/|tlog/|spool/|yaml/)" },
    },
    {
      name: "core-is-nouns",
      severity: "error",
      from: { path: "^src/core/" },
      to: { path: "^src/(?!core/|http/|base/)" },
    },
    {
      name: "features-do-not-look-up",
      severity: "error",
      from: { path: `^src/(${features})/` },
      to: { path: "^src/(gateway|extproc|api|console|config|envoy|assembly|cli|demo|main)" },
    },
    {
      name: "features-are-strangers",
      severity: "error",
      from: { path: `^src/(${features})/`, pathNot: "^src/actions/" },
      to: { path: `^src/(${features})/`, pathNot: "^src/$1/" },
    },
    {
      name: "actions-use-their-four-abilities",
      severity: "error",
      from: { path: "^src/actions/" },
      to: { path: `^src/(${features})/`, pathNot: `^src/(actions|${abilities})/` },
    },
    {
      name: "gateway-knows-no-wire",
      severity: "error",
      from: { path: "^src/gateway/" },
      to: {
        path: "^src/(extproc|api|console|config|envoy|assembly|cli|demo|main)|node_modules/(@grpc|protobufjs|ioredis)",
      },
    },
    {
      name: "wires-know-no-rules",
      severity: "error",
      from: { path: "^src/(extproc|api|console)/" },
      to: { path: "^src/(policy|actions|detection)/" },
    },
    {
      name: "assembly-is-on-top",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(assembly|cli)/" },
      to: { path: "^src/assembly/" },
    },
    {
      name: "grpc-stays-in-extproc",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/extproc/" },
      to: { path: "node_modules/(@grpc|protobufjs)" },
    },
    {
      name: "effects-at-the-edge",
      severity: "error",
      from: { path: "^src/", pathNot: `(${effectful})|^src/(cli|demo)/` },
      to: {
        path: "node_modules/(ioredis|@opentelemetry|jose)|^(node:)?(fs|net|tls|http2?|https|child_process|dns|worker_threads)(/|$)",
      },
    },
    {
      name: "sources-do-not-import-tests",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^test/" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      conditionNames: ["import", "types", "default"],
      exportsFields: ["exports"],
    },
    doNotFollow: { path: "node_modules" },
  },
};
