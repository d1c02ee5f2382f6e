import type { Access } from "../../core/operation.ts";

/** Reads that GitHub takes by POST because their input is long. */
const reads = new Set(["markdown/render", "markdown/render-raw"]);

/** The routes whose operation has a name of its own. */
const named: Readonly<Record<string, string>> = {
  "repos/create-for-authenticated-user": "repository.create",
  "repos/create-in-org": "repository.create",
  "repos/create-using-template": "repository.create",
  "repos/create-fork": "repository.create",
  "security-advisories/create-fork": "repository.create",
  "migrations/start-import": "repository.create",
  "migrations/start-for-authenticated-user": "repository.export",
  "migrations/start-for-org": "repository.export",
  "repos/delete": "repository.delete",
  "repos/transfer": "repository.transfer",
  "repos/update": "repository.update",
  "repos/replace-all-topics": "repository.update",
  "repos/get": "repository.read",
  "repos/create-or-update-file-contents": "contents.write",
  "repos/delete-file": "contents.write",
  "repos/get-content": "contents.read",
  "repos/get-readme": "contents.read",
  "repos/get-readme-in-directory": "contents.read",
  "repos/download-tarball-archive": "contents.read",
  "repos/download-zipball-archive": "contents.read",
  "git/get-blob": "contents.read",
  "git/get-tree": "contents.read",
  "git/create-blob": "blob.create",
  "git/create-tree": "tree.create",
  "git/create-commit": "commit.create",
  "git/create-tag": "tag.create",
  "git/create-ref": "ref.create",
  "git/update-ref": "ref.update",
  "git/delete-ref": "ref.delete",
  "repos/rename-branch": "ref.rename",
  "repos/merge": "branch.merge",
  "repos/merge-upstream": "branch.merge",
  "pulls/merge": "pull_request.merge",
  "pulls/merge-async": "pull_request.merge",
  "pulls/update-branch": "pull_request.update_branch",
  "pulls/create": "pull_request.create",
  "pulls/update": "pull_request.update",
  "actions/create-workflow-dispatch": "workflow.dispatch",
  "repos/create-dispatch-event": "workflow.dispatch",
  "actions/re-run-workflow": "workflow.rerun",
  "actions/re-run-workflow-failed-jobs": "workflow.rerun",
  "actions/re-run-job-for-workflow-run": "workflow.rerun",
  "actions/approve-workflow-run": "workflow.approve",
  "actions/review-pending-deployments-for-run": "workflow.approve",
  "actions/review-custom-gates-for-run": "workflow.approve",
  "actions/enable-workflow": "workflow.enable",
  "actions/disable-workflow": "workflow.disable",
};

/** Families of routes, by what their template speaks of; the first that fits gives the noun. */
const families: readonly (readonly [RegExp, string])[] = [
  [/\/secret-scanning/, "secret_scanning"],
  [/\/secrets\b/, "secret"],
  [/\/variables\b/, "variable"],
  [/\/branches\/\{branch\+\}\/protection|\/rulesets\b|\/tags\/protection/, "protection"],
  [/\/hooks\b/, "webhook"],
  [/\/releases\b/, "release"],
  [/\/actions\/permissions|\/actions\/oidc|\/actions\/cache\//, "actions_settings"],
  [/\/runners\b|\/runner-groups\b|\/hosted-runners\b/, "runner"],
  [/\/environments\b/, "environment"],
  [/\/deployments\b/, "deployment"],
  [
    /^\/repos\/\{owner\}\/\{repo\}\/(collaborators|invitations)|\/teams\/.*\/repos\//,
    "collaborator",
  ],
  [/^\/repos\/\{owner\}\/\{repo\}\/keys|^\/user\/(keys|gpg_keys|ssh_signing_keys)/, "key"],
  [/^\/repos\/\{owner\}\/\{repo\}\/pages/, "pages"],
  [/^\/gists/, "gist"],
  [/\/pulls\b/, "pull_request"],
  [/\/issues\b/, "issue"],
  [/\/actions\/(runs|jobs|workflows|artifacts|caches)/, "workflow"],
];

/** GitHub's categories that have a noun here already. */
const singular = new Map([
  ["repos", "repository"],
  ["issues", "issue"],
  ["pulls", "pull_request"],
  ["gists", "gist"],
]);

/** What a documented route does: `read` for GET and HEAD, `write` for anything that is not known to be a read. */
export function accessOf(method: string, operationId: string): Access {
  return method === "GET" || reads.has(operationId) ? "read" : "write";
}

/**
 * The operation's name: its own, or noun and access (`secret.write`, `issue.read`), the noun being the family's
 * or GitHub's own category with `-` as `_`.
 */
export function nameOf(operationId: string, template: string, access: Access): string {
  const own = named[operationId];
  if (own !== undefined) return own;
  const family = families.find(([pattern]) => pattern.test(template))?.[1];
  const category = operationId.split("/")[0] ?? "unknown";
  return `${family ?? singular.get(category) ?? category.replaceAll("-", "_")}.${access}`;
}
