import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OciMount } from "../../bundle/oci-config.ts";
import type { ResolvedMount } from "../../container/container-options.ts";
import { CntnrError } from "../../errors/cntnr-error.ts";
import { newUpperTree } from "../../layer/upper-tree.ts";
import { mergeLayers } from "../../merged-tree/merge-process.ts";
import { overlayOptions } from "../../rootfs/overlay-mount.ts";
import { openAgentDoor } from "../agent/agent-door.ts";
import type { Agents } from "../agent/open-agents.ts";
import type { Mount } from "../dockerfile/mount.ts";
import { scriptDirectory } from "../plan/evaluate-run.ts";
import type { RunOperation } from "../plan/operation.ts";
import { bytes } from "../tree/root-path.ts";
import { canMountToRead } from "../tree/tree-workers.ts";
import type { BuildTree, ContextTree } from "./build-tree.ts";
import { type CacheBeginning, cacheName, giveTo, takeCache, type UsedCache } from "./cache-mounts.ts";
import { layeredSource, type SourcedMount, selectMounted } from "./run-sources.ts";
import { readSecret, type SecretSource } from "./secrets.ts";
import type { StepContext } from "./step-context.ts";

/** What of the user's a build's commands may see. */
export interface BuildAccess {
  readonly secrets: ReadonlyMap<string, SecretSource>;
  readonly agents: Agents;
}

/** A command's mounts, ready for its bundle. */
export interface MadeMounts {
  readonly requests: readonly ResolvedMount[];
  readonly overlays: readonly OciMount[];
  /** NAME=VALUE that mounts bring. */
  readonly env: readonly string[];
}

/** Of two mounts of one cache in a command. */
const strictestFirst: readonly MountOf<"cache">["sharing"][] = ["locked", "private", "shared"];

type MountOf<Type extends Mount["type"]> = Extract<Mount, { type: Type }>;

/** Makes the mounts of one command; what they need lasts until it is disposed of. */
export class MountMaker {
  readonly #context: StepContext;
  readonly #access: BuildAccess;
  /** Private, and on a file system without a disk where there is one. */
  readonly #secretDirectory: string;
  readonly #stack: AsyncDisposableStack;
  readonly #requests: ResolvedMount[] = [];
  readonly #overlays: OciMount[] = [];
  readonly #env: string[] = [];
  readonly #caches = new Map<Mount, string>();
  #secrets = 0;
  #agents = 0;

  constructor(
    context: StepContext,
    access: BuildAccess,
    secretDirectory: string,
    stack: AsyncDisposableStack,
  ) {
    this.#context = context;
    this.#access = access;
    this.#secretDirectory = secretDirectory;
    this.#stack = stack;
  }

  async make(mounts: readonly SourcedMount[], script: RunOperation["script"]): Promise<MadeMounts> {
    await this.#takeCaches(mounts);
    for (const sourced of mounts) await this.#add(sourced);
    if (script) this.#addScript(script);
    return { requests: this.#requests, overlays: this.#overlays, env: this.#env };
  }

  async #add({ mount, tree }: SourcedMount): Promise<void> {
    switch (mount.type) {
      case "bind":
        return tree && this.#bindTree(mount, tree);
      case "cache":
        return this.#bind(this.#caches.get(mount) ?? "", mount.target, mount.writable);
      case "tmpfs":
        this.#requests.push({
          kind: "tmpfs",
          destination: mount.target,
          options: mount.sizeBytes === undefined ? ["exec"] : ["exec", `size=${mount.sizeBytes}`],
        });
        return;
      case "secret":
        return this.#addSecret(mount);
      case "ssh":
        return this.#addAgent(mount);
    }
  }

  async #bindTree(mount: MountOf<"bind">, tree: BuildTree): Promise<void> {
    if (tree.kind === "files")
      return this.#bindLayers(mount.target, mount.source, tree.files.lowers, mount.writable);
    const isAsItIs = !mount.writable && tree.ignore.isEmpty;
    const source = isAsItIs
      ? join(tree.path, bytes(selectMounted(tree, mount.source).path).toString())
      : await this.#copyOf(tree, mount.source);
    this.#bind(source, mount.target, mount.writable);
  }

  /** A copy of a part of a context, without what a .dockerignore leaves out, that may be written to. */
  async #copyOf(tree: ContextTree, source: string): Promise<string> {
    const { surroundings, emptyLayer } = this.#context;
    const { key, mappings, workers } = surroundings;
    const upper = this.#stack.use(await newUpperTree(key, mappings, [emptyLayer]));
    const selected = selectMounted(tree, source);
    const isDirectory = statSync(join(tree.path, bytes(selected.path).toString())).isDirectory();
    await workers.change({
      destination: { kind: "directory", path: upper.path },
      trees: [{ kind: "directory", path: tree.path }],
      actions: [
        {
          kind: "copy",
          from: 0,
          sources: { kind: "selected", selected: [selected] },
          destination: isDirectory ? "/copy/" : "/copy",
          keepsParents: false,
          exclude: [],
          ignore: tree.ignore.text,
          owner: { uid: 0, gid: 0 },
          mode: null,
          attributes: "left",
        },
      ],
    });
    return join(upper.path, "copy");
  }

  /** Layers are shown by an overlay of their own; what is written goes with it. */
  async #bindLayers(
    target: string,
    source: string,
    lowers: readonly string[],
    isWritable: boolean,
  ): Promise<void> {
    const found = layeredSource(lowers, source);
    if (!found) throw new CntnrError("build", `--mount: "${source}" is not there`);
    if ("file" in found) return this.#bind(found.file, target, false);
    const { directories, key, mappings } = this.#context.surroundings;
    if (!(await canMountToRead(directories, lowers, mappings)))
      return this.#bindCopy(target, found.directories.toReversed(), isWritable);
    const layers = [this.#context.emptyLayer, ...found.directories.toReversed()];
    const upper = isWritable
      ? this.#stack.use(await newUpperTree(key, mappings, found.directories.slice(0, 1)))
      : undefined;
    const options = overlayOptions({ layers, ...(upper ? { upper: upper.path, work: upper.work } : {}) });
    if (!options) throw new CntnrError("unsupported", `--mount: ${lowers.length} layers are too many`);
    this.#overlays.push({
      destination: target,
      type: "overlay",
      source: "overlay",
      options: [...options, ...(isWritable ? [] : ["ro"])],
    });
  }

  async #bindCopy(target: string, layers: readonly string[], isWritable: boolean): Promise<void> {
    const { key, mappings, signal } = this.#context.surroundings;
    const upper = this.#stack.use(await newUpperTree(key, mappings, []));
    await mergeLayers(layers, "/", upper.path, [], { mappings, lockFd: key.lockFd, signal });
    this.#bind(upper.path, target, isWritable);
  }

  /**
   * Takes each cache once, whatever number of mounts show it, and all commands take theirs in one order: else two commands, or two
   * mounts of one, could wait for each other.
   */
  async #takeCaches(mounts: readonly SourcedMount[]): Promise<void> {
    const wanted = mounts.flatMap(({ mount, tree, sum }) => {
      if (mount.type !== "cache") return [];
      const beginning = tree && this.#beginningOf(mount, tree, sum);
      return { mount, beginning, name: cacheName(mount, beginning) };
    });
    const rank = (entry: (typeof wanted)[number]) =>
      `${entry.name} ${strictestFirst.indexOf(entry.mount.sharing)}`;
    wanted.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
    const { surroundings } = this.#context;
    const taken = new Map<string, UsedCache>();
    for (const { mount, beginning, name } of wanted) {
      const cache = taken.get(name) ?? this.#stack.use(await takeCache(surroundings, mount, beginning));
      taken.set(name, cache);
      this.#caches.set(mount, cache.path);
    }
  }

  #beginningOf(mount: MountOf<"cache">, tree: BuildTree, sum: string): CacheBeginning {
    return {
      sum: `${sum} ${mount.source}`,
      fill: (directory) => this.#fillCache(directory, mount, tree),
    };
  }

  async #fillCache(directory: string, mount: MountOf<"cache">, tree: BuildTree): Promise<void> {
    const from = tree.kind === "files";
    await this.#context.surroundings.workers.change({
      destination: { kind: "directory", path: directory },
      trees: [from ? { kind: "layers", paths: tree.files.lowers } : { kind: "directory", path: tree.path }],
      actions: [
        {
          kind: "copy",
          from: 0,
          sources: { kind: "patterns", patterns: [mount.source.replace(/[*?[\\]/g, "\\$&")] },
          destination: "/",
          keepsParents: false,
          exclude: [],
          ignore: from ? "" : tree.ignore.text,
          owner: from ? null : { uid: 0, gid: 0 },
          mode: null,
          attributes: from ? "copied" : "left",
        },
      ],
    });
  }

  async #addSecret(mount: MountOf<"secret">): Promise<void> {
    const { env, mappings } = this.#context.surroundings;
    const source = this.#access.secrets.get(mount.id);
    if (!source) {
      if (mount.required)
        throw new CntnrError(
          "build",
          `secret ${mount.id} is required: give it by --secret id=${mount.id},src=FILE`,
        );
      return;
    }
    const value = readSecret(mount.id, source, env);
    if (mount.variable !== undefined) this.#env.push(`${mount.variable}=${value.toString()}`);
    if (mount.target === undefined) return;
    const path = join(this.#secretDirectory, `secret-${this.#secrets++}`);
    writeFileSync(path, value, { mode: 0o600 });
    chmodSync(path, mount.mode);
    await giveTo(path, mount, mappings);
    this.#bind(path, mount.target, false);
  }

  async #addAgent(mount: MountOf<"ssh">): Promise<void> {
    const agent = this.#access.agents.get(mount.id);
    if (agent === undefined) {
      if (mount.required)
        throw new CntnrError("build", `an SSH agent is required: give one by --ssh ${mount.id}`);
      return;
    }
    const number = this.#agents++;
    const socket = join(this.#secretDirectory, `agent-${number}`);
    this.#stack.use(await openAgentDoor(socket, agent));
    chmodSync(socket, mount.mode);
    await giveTo(socket, mount, this.#context.surroundings.mappings);
    const target = mount.target ?? `/run/buildkit/ssh_agent.${number}`;
    this.#bind(socket, target, true);
    if (!this.#env.some((text) => text.startsWith("SSH_AUTH_SOCK=")))
      this.#env.push(`SSH_AUTH_SOCK=${target}`);
  }

  #addScript({ name, text }: { readonly name: string; readonly text: string }): void {
    const directory = join(this.#secretDirectory, "script");
    mkdirSync(directory);
    chmodSync(directory, 0o755);
    writeFileSync(join(directory, name), text);
    chmodSync(join(directory, name), 0o755);
    this.#bind(directory, scriptDirectory, false);
  }

  #bind(source: string, destination: string, isWritable: boolean): void {
    this.#requests.push({ kind: "bind", source, destination, readOnly: !isWritable, options: [] });
  }
}
