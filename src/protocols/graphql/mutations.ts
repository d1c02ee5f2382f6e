import { err, ok, type Result } from "../../base/result.ts";
import type { AttributeValue, Operation } from "../../core/operation.ts";
import type { Draft } from "../draft.ts";
import { fromBase64, type Write } from "../objects/writes.ts";
import { normalisePath } from "../paths.ts";
import { atNodes, underOwner } from "../places.ts";
import { bareBranch, branchAttributes } from "../ref-names.ts";
import { isName, repositoryResource } from "../resource.ts";
import { isObject, type JsonObject } from "../strict-json.ts";
import { withAttributes } from "../with-attributes.ts";
import type { RootField } from "./document.ts";
import { mutationName } from "./known-mutations.ts";

type Attributes = Readonly<Record<string, AttributeValue>>;
type Read = (host: string, input: JsonObject, field: RootField) => Result<readonly Draft[]>;

/** The mutations that cannot be judged by their name alone. */
const readers: Readonly<Record<string, Read>> = {
  createRepository: created,
  cloneTemplateRepository: created,
  startRepositoryMigration: created,
  createCommitOnBranch: commit,
  createRef: (host, input, field) =>
    withText(input, "name", (ref) =>
      at(host, field, input, "ref.create", { ...branchAttributes(ref), new: text(input["oid"]) }),
    ),
  updateRef: (host, input, field) =>
    ok([
      atNodes(
        host,
        write(field, "ref.update", { new: text(input["oid"]), force: input["force"] === true }),
        ids(input, ["refId"]),
      ),
    ]),
  deleteRef: (host, input, field) =>
    ok([atNodes(host, write(field, "ref.delete", {}), ids(input, ["refId"]))]),
  updateRefs: refUpdates,
  createLinkedBranch: (host, input, field) =>
    at(host, field, input, "ref.create", {
      // Left out, GitHub makes a name of its own from the title.
      ...(typeof input["name"] === "string" ? branchAttributes(`refs/heads/${input["name"]}`) : {}),
      new: text(input["oid"]),
    }),
  mergeBranch: (host, input, field) =>
    withText(input, "base", (base) =>
      at(host, field, input, "branch.merge", {
        branch: bareBranch(base),
        head: text(input["head"]),
      }),
    ),
  createPullRequest: (host, input, field) =>
    at(host, field, input, "pull_request.create", {
      base: text(input["baseRefName"]),
      head: text(input["headRefName"]),
    }),
};

/** Every mutation that is read closely, for the catalogue. */
export const closelyRead: readonly string[] = Object.keys(readers);

/** What one mutation asks for; one that is not known is a write of unknown kind on whatever its ids belong to. */
export function mutationDrafts(host: string, field: RootField): Result<readonly Draft[]> {
  const input = field.arguments["input"];
  if (!isObject(input)) return err("the mutation has no `input` that can be judged");
  const read = Object.hasOwn(readers, field.name) ? readers[field.name] : undefined;
  if (read !== undefined) return read(host, input, field);
  const name = mutationName(field.name) ?? "unknown.write";
  return ok([atNodes(host, write(field, name, {}), placingIds(input))]);
}

function write(field: RootField, name: string, attributes: Attributes): Operation {
  return {
    protocol: "graphql",
    name,
    access: "write",
    resource: "",
    attributes: { ...attributes, mutation: field.name },
  };
}

function at(
  host: string,
  field: RootField,
  input: JsonObject,
  name: string,
  attributes: Attributes,
): Result<readonly Draft[]> {
  return ok([
    atNodes(host, write(field, name, attributes), ids(input, ["repositoryId", "issueId"])),
  ]);
}

function created(host: string, input: JsonObject, field: RootField): Result<readonly Draft[]> {
  const name = input["name"] ?? input["repositoryName"];
  const slug = text(name).replace(/[^A-Za-z0-9._-]+/g, "-");
  if (typeof name !== "string" || !isName(slug)) return err("the mutation names no repository");
  const visibility = text(input["visibility"] ?? input["targetRepoVisibility"]).toLowerCase();
  const operation = write(field, "repository.create", { visibility: visibility || "unknown" });
  return ok([underOwner(host, operation, ids(input, ["ownerId"])[0], slug)]);
}

/** `branch` is either a ref's id, or a repository's full name and a branch. */
function commit(host: string, input: JsonObject, field: RootField): Result<readonly Draft[]> {
  const { branch } = input;
  const changes = isObject(input["fileChanges"]) ? input["fileChanges"] : {};
  const listed = [changes["additions"], changes["deletions"]].flatMap((list) =>
    Array.isArray(list) ? list : list === undefined || list === null ? [] : [list],
  );
  const paths = listed.map((change: unknown) =>
    isObject(change) && typeof change["path"] === "string" ? normalisePath(change["path"]) : "",
  );
  if (paths.includes("") || !isObject(branch))
    return err("the mutation does not say which paths it changes on which branch");
  const operation = write(field, "contents.write", { paths });
  const writes = writesOf(changes);
  if (branch["id"] !== undefined && branch["id"] !== null)
    return branch["branchName"] === undefined && branch["repositoryNameWithOwner"] === undefined
      ? ok([{ ...atNodes(host, operation, ids(branch, ["id"])), writes }])
      : err("the mutation names its branch in two ways");
  const [owner = "", repository = "", ...rest] = text(branch["repositoryNameWithOwner"]).split("/");
  const name = bareBranch(text(branch["branchName"]));
  if (!isName(owner) || !isName(repository) || rest.length > 0 || name === "")
    return err("the mutation does not say which branch it changes");
  const resource = repositoryResource(host, owner, repository);
  return ok([{ operation: withAttributes({ ...operation, resource }, { branch: name }), writes }]);
}

function writesOf({ additions, deletions }: JsonObject): readonly Write[] {
  const files = (list: unknown) => (Array.isArray(list) ? list : [list]).filter(isObject);
  return [
    ...files(additions).map(({ path, contents }) => ({
      path: text(path),
      content: fromBase64(contents),
    })),
    ...files(deletions).map(({ path }) => ({ path: text(path) })),
  ];
}

function refUpdates(host: string, input: JsonObject, field: RootField): Result<readonly Draft[]> {
  const updates = input["refUpdates"];
  const list = Array.isArray(updates) ? updates : [updates];
  const drafts: Draft[] = [];
  for (const update of list) {
    const { name, afterOid, beforeOid, force } = isObject(update) ? update : {};
    if (typeof name !== "string") return err("the mutation has an update that names no ref");
    const zero = (id: unknown) => typeof id === "string" && /^0+$/.test(id);
    const kind = zero(afterOid) ? "ref.delete" : zero(beforeOid) ? "ref.create" : "ref.update";
    const attributes = { ...branchAttributes(name), new: text(afterOid), force: force === true };
    drafts.push(atNodes(host, write(field, kind, attributes), ids(input, ["repositoryId"])));
  }
  return ok(drafts);
}

/** Ids in an input that say who or what is added, not where: they place nothing. */
const elsewhere =
  /^(clientMutation|assignee|label|user|team|actor|milestone|owner|reviewer|bot)Ids?$/;

function placingIds(input: JsonObject): readonly string[] {
  const keys = Object.keys(input).filter((key) => /(^id|Ids?)$/.test(key) && !elsewhere.test(key));
  return ids(input, keys);
}

function ids(input: JsonObject, keys: readonly string[]): readonly string[] {
  const values = keys.flatMap((key) => input[key]);
  return [...new Set(values.filter((value) => typeof value === "string"))].slice(0, 50);
}

function withText(
  input: JsonObject,
  key: string,
  then: (value: string) => Result<readonly Draft[]>,
): Result<readonly Draft[]> {
  const value = input[key];
  return typeof value === "string" && value !== ""
    ? then(value)
    : err(`the mutation does not say \`${key}\``);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
