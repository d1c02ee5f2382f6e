import type { Access } from "../../core/operation.ts";

/** What a tool of the GitHub MCP server does, in the words that every protocol shares. */
export interface ToolKind {
  readonly name: string;
  readonly access: Access;
}

/** The tools that only read (github/github-mcp-server, `readOnlyHint`); `ui_get` and the searches included. */
const readers = `actions_get actions_list find_duplicate get_code_quality_finding get_code_scanning_alert
  get_dependabot_alert get_discussion get_discussion_comments get_gist get_global_security_advisory get_job_logs
  get_label get_latest_release get_me get_notification_details get_release_by_tag get_secret_scanning_alert
  get_tag get_team_members get_teams issue_dependency_read issue_read list_branches list_code_scanning_alerts
  list_commits list_dependabot_alerts list_discussion_categories list_discussions list_gists
  list_global_security_advisories list_issue_fields list_issue_types list_issues list_label list_notifications
  list_org_repository_security_advisories list_pull_requests list_releases list_repository_collaborators
  list_repository_security_advisories list_secret_scanning_alerts list_starred_repositories list_tags projects_get
  projects_list pull_request_read search_code search_commits search_issues search_orgs search_pull_requests
  search_repositories search_users ui_get get_copilot_space list_copilot_spaces web_search
  github_support_docs_search get_workflow_run list_workflows list_workflow_runs list_workflow_jobs
  list_workflow_run_artifacts get_workflow_run_logs get_workflow_run_usage`;

const contents = "get_file_contents get_file_blame get_commit get_repository_tree";

/** The tools that write, by the operation that they are. */
const writers: Readonly<Record<string, string>> = {
  "repository.create": "create_repository fork_repository",
  "repository.delete": "delete_repository",
  "contents.write": "push_files create_or_update_file delete_file",
  "ref.create": "create_branch",
  "pull_request.merge": "merge_pull_request",
  "pull_request.update_branch": "update_pull_request_branch",
  "pull_request.create": "create_pull_request create_pull_request_with_copilot",
  "pull_request.update": `update_pull_request update_pull_request_body update_pull_request_draft_state
    update_pull_request_state update_pull_request_title`,
  "pull_request.write": `add_comment_to_pending_review add_pull_request_review_comment
    add_pull_request_review_comment_reaction add_reply_to_pull_request_comment create_pull_request_review
    delete_pending_pull_request_review pull_request_review_write request_copilot_review
    request_pull_request_reviewers resolve_review_thread unresolve_review_thread submit_pending_pull_request_review`,
  "issue.write": `add_issue_comment add_issue_comment_reaction add_issue_reaction add_sub_issue create_issue
    issue_dependency_write issue_write label_write remove_sub_issue reprioritize_sub_issue set_issue_fields
    sub_issue_write update_issue_assignees update_issue_body update_issue_labels update_issue_milestone
    update_issue_state update_issue_title update_issue_type assign_copilot_to_issue
    assign_copilot_to_issue_with_intent`,
  "discussion.write": "discussion_comment_write",
  "gist.write": "create_gist update_gist",
  "projects.write": "projects_write add_project_item update_project_item delete_project_item",
  "activity.write": `dismiss_notification manage_notification_subscription
    manage_repository_notification_subscription mark_all_notifications_read star_repository unstar_repository`,
  "workflow.dispatch": "run_workflow",
  "workflow.rerun": "rerun_workflow_run rerun_failed_jobs",
  "workflow.write": "cancel_workflow_run delete_workflow_run_logs",
};

const kinds = new Map<string, ToolKind>();
for (const [name, tools] of Object.entries(writers))
  for (const tool of tools.split(/\s+/)) kinds.set(tool, { name, access: "write" });
for (const tool of readers.split(/\s+/)) kinds.set(tool, { name: "tool.call", access: "read" });
for (const tool of contents.split(/\s+/))
  kinds.set(tool, { name: "contents.read", access: "read" });

/** The name of GitHub's own MCP server, the only one whose tools are known by name. */
export const githubServer = "github";

/** `actions_run_trigger` is many tools in one; its `method` says which. */
const triggers = new Map<unknown, string>([
  ["run_workflow", "workflow.dispatch"],
  ["rerun_workflow_run", "workflow.rerun"],
  ["rerun_failed_jobs", "workflow.rerun"],
]);

/** What that tool does; one that is not known, or is another server's, is a write of the tool's own making. */
export function toolKind(server: string, tool: string, method: unknown): ToolKind {
  const unknown: ToolKind = { name: "tool.call", access: "write" };
  if (server !== githubServer) return unknown;
  if (tool === "actions_run_trigger")
    return { name: triggers.get(method) ?? "workflow.write", access: "write" };
  return kinds.get(tool) ?? unknown;
}

/** Every tool that is known by name, for the catalogue. */
export const knownTools: ReadonlyMap<string, ToolKind> = kinds;
