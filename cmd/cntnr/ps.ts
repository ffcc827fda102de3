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
import { type Filters, matches, matchesLabels, parseFilters } from "./filters.ts";
import { formatList } from "./format-template.ts";
import { psLayout, psRow } from "./ps-row.ts";
import { unlessGone } from "./unless-gone.ts";

const filterKeys = [
  "ancestor",
  "before",
  "exited",
  "health",
  "id",
  "label",
  "name",
  "network",
  "since",
  "status",
];

/** `cntnr ps` */
export async function ps(context: CommandContext): Promise<number> {
  const { args, directories } = context;
  const engine = engineOf(context);
  const filters = parseFilters(args.values("filter"), filterKeys);
  const count = parseCount(args);
  const { containers, damaged } = await engine.containers.list();
  for (const { message } of damaged) printError(`cntnr: ${message}\n`);
  const shown = select(directories, containers, filters, args.has("all") || count !== undefined);
  const withSize = args.has("size");
  const rows = await Promise.all(
    shown.slice(0, count).map(async (container) => {
      const size = withSize ? await unlessGone(engine.containers.size(container.id)) : undefined;
      if (withSize && !size) return [];
      return [psRow(container, { isWhole: args.has("no-trunc"), size })];
    }),
  ).then((one) => one.flat());
  if (args.has("quiet")) print(rows.map(({ ID }) => `${ID}\n`).join(""));
  else print(formatList(rows, args.value("format"), psLayout(withSize)));
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
    matches(filters, "name", (value) => pattern(value).test(container.name)) &&
    matches(filters, "status", (value) => value === stateWord(state)) &&
    matches(filters, "exited", (value) => value === String(exitCode)) &&
    matches(filters, "health", (value) => state.kind === "running" && value === health) &&
    matches(filters, "ancestor", (value) => isImage(container, value)) &&
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

function networkNames({ network }: Container): readonly string[] {
  return network.kind === "netd" ? network.networks.map(({ name }) => name) : [network.kind];
}
