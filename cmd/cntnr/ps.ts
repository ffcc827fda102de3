import { isActive, lostExitCode } from "../../runtime/container/container-state.ts";
import { findId } from "../../runtime/container/container-store.ts";
import type { Container } from "../../runtime/engine/container.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { print, printError } from "../command-line/output.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import type { CommandContext } from "./command.ts";
import { stateWord } from "./container-status.ts";
import { engineOf } from "./engine-of.ts";
import {
  type FilterKeys,
  type Filters,
  matches,
  matchesLabels,
  parseFilters,
  trueOrFalse,
} from "./filters.ts";
import { formatList } from "./format-template.ts";
import { psLayout, psRow } from "./ps-row.ts";
import { unlessGone } from "./unless-gone.ts";

const portRange = /^\d{1,5}(?:-\d{1,5})?(?:\/(?:tcp|udp|sctp))?$/i;
const filterKeys: FilterKeys = {
  ...{ ancestor: "any", before: "any", id: "any", label: "any", name: "any", network: "any", since: "any" },
  volume: "any",
  exited: /^\d+$/,
  expose: portRange,
  publish: portRange,
  health: ["none", "starting", "healthy", "unhealthy"],
  // There are no swarms, and so no tasks of theirs.
  "is-task": trueOrFalse,
  status: ["created", "running", "paused", "restarting", "removing", "exited", "dead"],
};

/** `cntnr ps` */
export async function ps(context: CommandContext): Promise<number> {
  const { args, directories } = context;
  const engine = engineOf(context);
  const filters = parseFilters(args.values("filter"), filterKeys);
  const count = parseCount(args);
  const { containers, damaged } = await engine.containers.list();
  for (const { message } of damaged) printError(`cntnr: ${message}\n`);
  const shown = select(directories, containers, filters, args.has("all") || count !== undefined);
  const format = args.value("format");
  // Docker's: who asks for the field asks for the size.
  const withSize = args.has("size") || /\.Size\b/.test(format ?? "");
  const rows = await Promise.all(
    shown.slice(0, count).map(async (container) => {
      const size = withSize ? await unlessGone(engine.containers.size(container.id)) : undefined;
      if (withSize && !size) return [];
      return [psRow(container, { isWhole: args.has("no-trunc"), size })];
    }),
  ).then((one) => one.flat());
  const isOwnFormat = format !== undefined && format !== "" && format !== "table";
  const shownFormat = args.has("quiet") && !isOwnFormat ? "{{.ID}}" : format;
  print(formatList(rows, shownFormat, psLayout(args.has("size"))));
  return damaged.length === 0 ? 0 : 1;
}

/** `-n` and `-l`: so many of the last ones, also of those that have ended. */
function parseCount(args: ParsedArguments): number | undefined {
  if (args.has("latest")) return 1;
  const text = args.value("last");
  if (text === undefined || text === "-1") return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new CntnrError("usage", `-n "${text}" is not a number of containers`);
}

function select(
  directories: Directories,
  containers: readonly Container[],
  filters: Filters,
  all: boolean,
): Container[] {
  // Docker's: who asks for those that have ended wants to see them.
  const isAll = all || filters.has("status") || filters.has("exited");
  const bounds = ["before", "since"].map((key) =>
    filters.get(key)?.map((name) => timeOf(directories, containers, name)),
  );
  const [before, since] = bounds;
  return containers.filter((container) => {
    const { createdAt, state } = container;
    return (
      (isAll || isActive(state)) &&
      isWanted(container, filters) &&
      (before?.every((time) => createdAt < time) ?? true) &&
      (since?.every((time) => createdAt > time) ?? true)
    );
  });
}

function timeOf(directories: Directories, containers: readonly Container[], name: string): string {
  const id = findId(directories, name);
  const found = containers.find((container) => container.id === id);
  if (found) return found.createdAt;
  throw new CntnrError("not-found", `--filter: No such container: ${name}`);
}

function isWanted(container: Container, filters: Filters): boolean {
  const { state, health } = container;
  const exitCode =
    state.kind === "dead" ? lostExitCode : state.kind === "exited" ? state.exitCode : undefined;
  return (
    matches(filters, "id", (value) => container.id.startsWith(value)) &&
    // Docker's: a regular expression, found anywhere.
    matches(filters, "name", (value) =>
      [container.name, `/${container.name}`].some((name) => pattern(value).test(name)),
    ) &&
    matches(filters, "status", (value) => value === stateWord(state)) &&
    matches(filters, "exited", (value) => value === String(exitCode)) &&
    matches(filters, "health", (value) => value === (state.kind === "running" ? health : "none")) &&
    matches(filters, "ancestor", (value) => isImage(container, value)) &&
    matches(filters, "volume", (value) => hasMount(container, value)) &&
    matches(filters, "publish", (value) => publishedPorts(container).some((port) => isIn(port, value))) &&
    matches(filters, "expose", (value) => container.exposedPorts.some((port) => isIn(port, value))) &&
    matches(filters, "is-task", (value) => /^(?:false|0)$/.test(value)) &&
    matches(filters, "network", (value) => networkNames(container).includes(value)) &&
    matchesLabels(filters, "label", container.labels)
  );
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new CntnrError("usage", `--filter "name=${text}" is not a regular expression`, { cause: error });
  }
}

function isImage({ image, imageId }: Container, value: string): boolean {
  const id = value.replace(/^sha256:/, "");
  return (
    image === value ||
    image.replace(/:[^:/]*$/, "") === value ||
    image.endsWith(`/${value}`) ||
    image.endsWith(`/${value}:latest`) ||
    (/^[a-f0-9]{6,}$/.test(id) && imageId.startsWith(`sha256:${id}`))
  );
}

/** By the volume's name, the directory that is bound, or where it is in the container. */
function hasMount({ mounts }: Container, value: string): boolean {
  return mounts.some(
    (mount) =>
      mount.destination === value ||
      (mount.kind === "volume" && mount.name === value) ||
      (mount.kind === "bind" && mount.source === value),
  );
}

/** The container's own, as docker has it: 80/tcp. */
function publishedPorts({ attachments }: Container): string[] {
  return attachments.flatMap(({ ports }) =>
    ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`),
  );
}

/** @param range PORT[-PORT][/PROTOCOL] */
function isIn(port: string, range: string): boolean {
  const [, first, last = first, protocol = "tcp"] = /^(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(range) ?? [];
  const [number, ownProtocol] = port.split("/");
  return (
    Number(number) >= Number(first) &&
    Number(number) <= Number(last) &&
    ownProtocol === protocol.toLowerCase()
  );
}

function networkNames({ network }: Container): readonly string[] {
  return network.kind === "netd" ? network.networks.map(({ name }) => name) : [network.kind];
}
