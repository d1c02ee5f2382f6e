/** Mutations that need no reading of their own, by the noun of their operation (`issue` → `issue.write`). */
const nouns: Readonly<Record<string, string>> = {
  protection: `createBranchProtectionRule updateBranchProtectionRule deleteBranchProtectionRule
    createRepositoryRuleset updateRepositoryRuleset deleteRepositoryRuleset`,
  environment: `createEnvironment updateEnvironment deleteEnvironment pinEnvironment reorderEnvironment`,
  deployment: "createDeployment createDeploymentStatus deleteDeployment",
  checks: "createCheckRun updateCheckRun createCheckSuite updateCheckSuitePreferences",
  collaborator: "removeOutsideCollaborator updateTeamsRepository",
  issue: `createIssue updateIssue closeIssue reopenIssue deleteIssue transferIssue pinIssue unpinIssue
    addSubIssue removeSubIssue reprioritizeSubIssue unmarkIssueAsDuplicate addAssigneesToAssignable
    removeAssigneesFromAssignable addLabelsToLabelable removeLabelsFromLabelable clearLabelsFromLabelable
    createLabel updateLabel deleteLabel addComment updateIssueComment deleteIssueComment addReaction
    removeReaction lockLockable unlockLockable minimizeComment unminimizeComment`,
  pull_request: `addPullRequestReview addPullRequestReviewComment addPullRequestReviewThread
    addPullRequestReviewThreadReply deletePullRequestReview deletePullRequestReviewComment
    dismissPullRequestReview submitPullRequestReview updatePullRequestReview updatePullRequestReviewComment
    requestReviews resolveReviewThread unresolveReviewThread closePullRequest reopenPullRequest
    markPullRequestReadyForReview convertPullRequestToDraft markFileAsViewed unmarkFileAsViewed
    disablePullRequestAutoMerge dequeuePullRequest`,
  discussion: `createDiscussion updateDiscussion closeDiscussion reopenDiscussion deleteDiscussion
    addDiscussionComment updateDiscussionComment deleteDiscussionComment markDiscussionCommentAsAnswer
    unmarkDiscussionCommentAsAnswer addDiscussionPollVote addUpvote removeUpvote`,
};

const named: Readonly<Record<string, string>> = {
  startOrganizationMigration: "repository.create",
  updateRepository: "repository.update",
  archiveRepository: "repository.update",
  unarchiveRepository: "repository.update",
  updateTopics: "repository.update",
  updateRepositoryWebCommitSignoffSetting: "repository.update",
  enablePullRequestAutoMerge: "pull_request.merge",
  enqueuePullRequest: "pull_request.merge",
  mergePullRequest: "pull_request.merge",
  updatePullRequestBranch: "pull_request.update_branch",
  updatePullRequest: "pull_request.update",
  revertPullRequest: "pull_request.create",
  approveDeployments: "workflow.approve",
  rejectDeployments: "workflow.approve",
  rerequestCheckSuite: "workflow.rerun",
};

const names = new Map<string, string>(Object.entries(named));
for (const [noun, mutations] of Object.entries(nouns))
  for (const mutation of mutations.split(/\s+/)) names.set(mutation, `${noun}.write`);

/** The operation that a mutation asks for, where its name alone tells. */
export function mutationName(mutation: string): string | undefined {
  return names.get(mutation);
}

/** Every mutation that is known by name alone, with its operation: what the catalogue is written from. */
export const namedMutations: ReadonlyMap<string, string> = names;
