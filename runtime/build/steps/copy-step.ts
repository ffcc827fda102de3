import type { Packer } from "../../image/commit-layer.ts";
import type { CopyOperation } from "../plan/operation.ts";
import { copyKey, filesKey, type KeyGround } from "../plan/step-key.ts";
import type { Owner } from "../tree/ownership.ts";
import { checkDestination } from "../tree/select-sources.ts";
import type { SourceTree, TreeAction } from "../tree/tree-job.ts";
import { modeChangeOf } from "../tree/tree-worker.ts";
import { changesOn, type TreeChange } from "../tree/tree-workers.ts";
import type { BuildTree, ContextTree } from "./build-tree.ts";
import { type FoundSource, findSources } from "./found-sources.ts";
import { resolveOwner } from "./resolve-owner.ts";
import type { SecretSource } from "./secrets.ts";
import { filesOf, type StageFiles } from "./stage-files.ts";
import { groundOf, type StepContext } from "./step-context.ts";
import { nothingToDo, type StepResult } from "./step-result.ts";

/** Copies what COPY or ADD asks for onto a stage's files. */
export async function copyStep(
  context: StepContext,
  files: StageFiles,
  operation: CopyOperation,
  tree: BuildTree,
  secrets: ReadonlyMap<string, SecretSource>,
): Promise<StepResult> {
  // A linked copy sees nothing of what is below it, names of users included.
  const target = operation.isLinked ? filesOf(context.emptyLayer) : files;
  const owner = operation.chown === undefined ? undefined : resolveOwner(operation.chown, target.lowers);
  const plan: CopyPlan = { context, target, operation, owner, secrets, ground: groundOf(context, files) };
  return tree.kind === "context" ? copyFromContext(plan, tree) : copyFromFiles(plan, tree.files);
}

interface CopyPlan {
  readonly context: StepContext;
  readonly target: StageFiles;
  readonly operation: CopyOperation;
  readonly owner: Owner | undefined;
  readonly secrets: ReadonlyMap<string, SecretSource>;
  readonly ground: KeyGround;
}

async function copyFromContext(plan: CopyPlan, tree: ContextTree): Promise<StepResult> {
  const { context, target, operation, owner, ground } = plan;
  const { key: temporary, mappings, env, signal, workers } = context.surroundings;
  await using stack = new AsyncDisposableStack();
  const options = {
    operation,
    owner,
    modeChange: modeChangeOf(operation.chmod ?? null),
    scratch: () => stack.use(temporary.openDirectory(mappings)).path,
    env,
    secrets: plan.secrets,
    signal,
  };
  const found: FoundSource[] = [];
  for (const item of operation.items) found.push(...(await findSources(item, tree, options)));
  // A pattern may match nothing.
  if (found.length === 0) return nothingToDo;
  checkDestination(
    found.filter(({ isArchive }) => !isArchive).map(({ selected }) => selected),
    operation.destination,
  );
  const sums = found.map(({ sum, selected, isArchive }) => JSON.stringify([sum, selected, isArchive]));
  const key = copyKey(ground, operation, sums, owner);
  const known = context.runner.find(key);
  if (known) return known;
  return await context.runner.run(key, target, async (upper) => {
    const changes = groupsOf(found).map((group): TreeChange => {
      const roots = [...new Set(group.map(({ root }) => root))];
      const trees = roots.map((path): SourceTree => ({ kind: "directory", path }));
      const actions = group.map((source) => actionOf(source, roots.indexOf(source.root), plan));
      return { destination: changesOn(target.lowers, upper), trees, actions };
    });
    // What is last can also be packed in one go, unless it is an archive: whoever unpacks sees nothing else any more.
    const last = found.at(-1)?.isArchive === false ? changes.pop() : undefined;
    for (const change of changes) await workers.change(change);
    if (!last) return { kind: "filled", mountPoints: [] };
    return { kind: "by-packer", packer: async (order) => (await workers.changeAndPack(last, order)).packed };
  });
}

/** In order, each group with at most one archive, at its end: a worker that unpacks sees nothing else afterwards. */
function groupsOf(found: readonly FoundSource[]): FoundSource[][] {
  const groups: FoundSource[][] = [];
  let current: FoundSource[] = [];
  for (const source of found) {
    current.push(source);
    if (!source.isArchive) continue;
    groups.push(current);
    current = [];
  }
  return current.length > 0 ? [...groups, current] : groups;
}

function actionOf(
  { selected, isArchive, ignore }: FoundSource,
  from: number,
  { operation, owner }: CopyPlan,
): TreeAction {
  if (isArchive)
    return {
      kind: "unpack",
      from,
      source: selected.path,
      destination: operation.destination,
      owner: owner ?? null,
    };
  return {
    kind: "copy",
    from,
    sources: { kind: "selected", selected: [selected] },
    destination: operation.destination,
    keepsParents: operation.keepsParents,
    exclude: operation.exclude,
    ignore: ignore.text,
    owner: owner ?? { uid: 0, gid: 0 },
    mode: operation.chmod ?? null,
    attributes: "left",
  };
}

/**
 * From another stage or image. Whoever copies sums up what he copies, which takes reading it; so the result is remembered also
 * by what the files follow from, which takes nothing.
 */
async function copyFromFiles(plan: CopyPlan, source: StageFiles): Promise<StepResult> {
  const { context, target, operation, owner, ground } = plan;
  const { workers } = context.surroundings;
  const patterns = operation.items.flatMap((item) => (item.kind === "path" ? [item.path] : []));
  const quickKey = copyKey(ground, operation, ["files", filesKey(source.diffIds), ...patterns], owner);
  const known = context.runner.find(quickKey);
  if (known) return known;
  let sum = "";
  const made = await context.runner.run(quickKey, target, async (upper) => {
    const change: TreeChange = {
      destination: changesOn(target.lowers, upper),
      trees: [{ kind: "layers", paths: source.lowers }],
      actions: [copyOf(plan, patterns)],
    };
    const packer: Packer = async (order) => {
      const { digest, packed } = await workers.changeAndPack(change, order);
      sum = digest;
      return packed;
    };
    return { kind: "by-packer", packer };
  });
  // Somebody else has done it.
  if (sum === "") return made;
  const key = copyKey(ground, operation, ["contents", sum], owner);
  const result = context.runner.find(key) ?? made;
  for (const known of [key, quickKey]) context.runner.remember(known, result);
  return result;
}

function copyOf({ operation, owner }: CopyPlan, patterns: readonly string[]): TreeAction {
  return {
    kind: "copy",
    from: 0,
    sources: { kind: "patterns", patterns },
    destination: operation.destination,
    keepsParents: operation.keepsParents,
    exclude: operation.exclude,
    ignore: "",
    owner: owner ?? null,
    mode: operation.chmod ?? null,
    attributes: "copied",
  };
}
