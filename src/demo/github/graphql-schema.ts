/** As much of GitHub's schema as the demo answers, in GitHub's own names. */
export const schemaText = `
scalar URI
scalar GitObjectID
scalar Base64String
scalar GitRefname

interface Node { id: ID! }
interface RepositoryOwner { id: ID! login: String! }
interface RepositoryNode { repository: Repository! }
interface GitObject { oid: GitObjectID! }

type Query {
  viewer: User!
  repository(owner: String!, name: String!, followRenames: Boolean = true): Repository
  repositoryOwner(login: String!): RepositoryOwner
  organization(login: String!): Organization
  user(login: String!): User
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
}

type User implements Node & RepositoryOwner { id: ID! login: String! }
type Organization implements Node & RepositoryOwner { id: ID! login: String! }

enum RepositoryVisibility { PRIVATE PUBLIC INTERNAL }
type Repository implements Node {
  id: ID!
  name: String!
  nameWithOwner: String!
  owner: RepositoryOwner!
  url: URI!
  isPrivate: Boolean!
  visibility: RepositoryVisibility!
  isArchived: Boolean!
  defaultBranchRef: Ref
  ref(qualifiedName: String!): Ref
  object(expression: String, oid: GitObjectID): GitObject
  pullRequest(number: Int!): PullRequest
}
type Ref implements Node { id: ID! name: String! prefix: String! repository: Repository! target: GitObject }
type Commit implements Node & GitObject & RepositoryNode { id: ID! oid: GitObjectID! url: URI! repository: Repository! }
enum PullRequestState { OPEN CLOSED MERGED }
type PullRequest implements Node & RepositoryNode {
  id: ID! number: Int! title: String! state: PullRequestState! merged: Boolean! url: URI!
  baseRefName: String! headRefName: String! headRefOid: GitObjectID! repository: Repository!
}
type BranchProtectionRule implements Node { id: ID! repository: Repository }
union RuleSource = Organization | Repository
type RepositoryRuleset implements Node { id: ID! source: RuleSource! }
type Label implements Node { id: ID! repository: Repository! }
type Release implements Node { id: ID! repository: Repository! }
type CheckSuite implements Node { id: ID! repository: Repository! }
type CheckRun implements Node { id: ID! repository: Repository! }
type Deployment implements Node { id: ID! repository: Repository! }
type Milestone implements Node { id: ID! repository: Repository! }

input CreateRepositoryInput {
  name: String! visibility: RepositoryVisibility! ownerId: ID description: String clientMutationId: String
  hasIssuesEnabled: Boolean hasWikiEnabled: Boolean homepageUrl: URI teamId: ID template: Boolean
}
type CreateRepositoryPayload { clientMutationId: String repository: Repository }
input CloneTemplateRepositoryInput {
  repositoryId: ID! name: String! ownerId: ID! visibility: RepositoryVisibility! description: String
  includeAllBranches: Boolean clientMutationId: String
}
type CloneTemplateRepositoryPayload { clientMutationId: String repository: Repository }
input CommittableBranch { id: ID repositoryNameWithOwner: String branchName: String }
input CommitMessage { headline: String! body: String }
input FileAddition { path: String! contents: Base64String! }
input FileDeletion { path: String! }
input FileChanges { additions: [FileAddition!] deletions: [FileDeletion!] }
input CreateCommitOnBranchInput {
  branch: CommittableBranch! message: CommitMessage! expectedHeadOid: GitObjectID! fileChanges: FileChanges
  clientMutationId: String
}
type CreateCommitOnBranchPayload { clientMutationId: String commit: Commit ref: Ref }
input CreateRefInput { repositoryId: ID! name: String! oid: GitObjectID! clientMutationId: String }
type CreateRefPayload { clientMutationId: String ref: Ref }
input UpdateRefInput { refId: ID! oid: GitObjectID! force: Boolean clientMutationId: String }
type UpdateRefPayload { clientMutationId: String ref: Ref }
input DeleteRefInput { refId: ID! clientMutationId: String }
type DeleteRefPayload { clientMutationId: String }
input RefUpdate { name: GitRefname! beforeOid: GitObjectID afterOid: GitObjectID! force: Boolean }
input UpdateRefsInput { repositoryId: ID! refUpdates: [RefUpdate!]! clientMutationId: String }
type UpdateRefsPayload { clientMutationId: String }
input MergeBranchInput { repositoryId: ID! base: String! head: String! commitMessage: String clientMutationId: String }
type MergeBranchPayload { clientMutationId: String mergeCommit: Commit }
input CreatePullRequestInput {
  repositoryId: ID! baseRefName: String! headRefName: String! title: String! body: String clientMutationId: String
}
type CreatePullRequestPayload { clientMutationId: String pullRequest: PullRequest }
enum PullRequestMergeMethod { MERGE SQUASH REBASE }
input MergePullRequestInput { pullRequestId: ID! commitHeadline: String mergeMethod: PullRequestMergeMethod clientMutationId: String }
type MergePullRequestPayload { clientMutationId: String pullRequest: PullRequest }

type Mutation {
  createRepository(input: CreateRepositoryInput!): CreateRepositoryPayload
  cloneTemplateRepository(input: CloneTemplateRepositoryInput!): CloneTemplateRepositoryPayload
  createCommitOnBranch(input: CreateCommitOnBranchInput!): CreateCommitOnBranchPayload
  createRef(input: CreateRefInput!): CreateRefPayload
  updateRef(input: UpdateRefInput!): UpdateRefPayload
  updateRefs(input: UpdateRefsInput!): UpdateRefsPayload
  deleteRef(input: DeleteRefInput!): DeleteRefPayload
  mergeBranch(input: MergeBranchInput!): MergeBranchPayload
  createPullRequest(input: CreatePullRequestInput!): CreatePullRequestPayload
  mergePullRequest(input: MergePullRequestInput!): MergePullRequestPayload
}
`;
