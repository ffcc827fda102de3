import { parseCapabilities } from "../../runtime/container/capability-flags.ts";
import { checkName } from "../../runtime/container/container-name.ts";
import type { ContainerOptions } from "../../runtime/container/container-options.ts";
import { type ContainerRecord, notifyModes, runtimeFlags } from "../../runtime/container/container-record.ts";
import { parseLabels } from "../../runtime/container/environment-flags.ts";
import { parseExposeFlag } from "../../runtime/container/expose-flag.ts";
import { readFlagFile } from "../../runtime/container/flag-file.ts";
import { parseLogFlags } from "../../runtime/container/log-flags.ts";
import {
  parseMountFlag,
  parseTmpfsFlag,
  parseVolumeFlag,
  parseVolumesFrom,
  realSurroundings,
} from "../../runtime/container/mount-flags.ts";
import { parseNetworkFlags } from "../../runtime/container/network-flag.ts";
import { parsePublishFlags } from "../../runtime/container/publish-flag.ts";
import { parseRestartPolicy } from "../../runtime/container/restart-policy.ts";
import { parseSignal } from "../../runtime/container/signal-name.ts";
import type { ContainerRequest } from "../../runtime/engine/container-request.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { PullPolicy } from "../../runtime/image/store.ts";
import { parsePlatform } from "../../runtime/image/wanted-platform.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import { parseEnvironment } from "./environment.ts";
import { parseHealthFlags } from "./health-flags.ts";
import { parseIsolationOptions } from "./isolation-options.ts";
import { parseTlsVerify } from "./tls-verify.ts";

/** What the flags of `cntnr create` ask for, which `run` and `bundle create` have, too. Throws CntnrError. */
export function parseCreateRequest(args: ParsedArguments, env: NodeJS.ProcessEnv): ContainerRequest {
  const [image = "", ...command] = args.positionals;
  if (image === "") throw new CntnrError("usage", "run: the image's name is empty");
  const name = args.value("name");
  const cidFile = args.value("cidfile");
  const tlsVerify = parseTlsVerify(args);
  const platform = args.value("platform");
  const runtime = args.value("runtime");
  return {
    image,
    ...(name === undefined ? {} : { name: checkName(name) }),
    ...(cidFile === undefined ? {} : { cidFile }),
    ...(tlsVerify === undefined ? {} : { tlsVerify }),
    autoRemove: args.has("rm"),
    exposedPorts: args.values("expose").flatMap(parseExposeFlag),
    log: parseLogFlags(args.value("log-driver"), args.values("log-opt")),
    pull: parsePull(args.value("pull")),
    ...(platform === undefined ? {} : { platform: parsePlatform(platform) }),
    ...parseOptions(args, command, env),
    runtimeFlags: runtimeFlags.filter((name) => args.has(name)),
    ...(runtime === undefined ? {} : { runtime }),
    restart: parseRestart(args),
    stopTimeoutSeconds: parseStopTimeout(args.value("stop-timeout")),
    health: parseHealthFlags(args),
    sdnotify: parseNotifyMode(args) ?? "ignore",
    createWords: createWords(args),
  };
}

function parseRestart(args: ParsedArguments): ContainerRecord["restart"] {
  const restart = parseRestartPolicy(args.value("restart") ?? "no");
  if (restart.policy !== "no" && args.has("rm"))
    throw new CntnrError(
      "usage",
      "--restart and --rm cannot go together: what is removed is not started again",
    );
  return restart;
}

/** `--stop-timeout`, in seconds; negative: for ever. Throws CntnrError `usage`. */
export function parseStopTimeout(text = "10"): number {
  if (/^(?:-1|\d{1,7})$/.test(text)) return Number(text);
  throw new CntnrError("usage", `--stop-timeout "${text}" is neither a number of seconds nor -1`);
}

function parseOptions(
  args: ParsedArguments,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
): ContainerOptions {
  const surroundings = realSurroundings();
  const [workingDir, user] = ["workdir", "user"].map((flag) => args.value(flag));
  const entrypoint = args.value("entrypoint");
  const stopSignal = args.value("stop-signal");
  if (stopSignal !== undefined) parseSignal(stopSignal, "--stop-signal");
  if (workingDir !== undefined && !workingDir.startsWith("/"))
    throw new CntnrError("usage", `-w ${workingDir}: the working directory is not absolute`);
  return {
    ...parseIsolationOptions(args, readFlagFile),
    command,
    ...(entrypoint === undefined ? {} : { entrypoint: entrypoint === "" ? [] : [entrypoint] }),
    env: parseEnvironment(args, env),
    ...(workingDir === undefined ? {} : { workingDir }),
    ...(user === undefined ? {} : { user }),
    tty: args.has("tty"),
    stdin: args.has("interactive"),
    readOnly: args.has("read-only"),
    mounts: [
      ...args.values("volume").map((text) => parseVolumeFlag(text, surroundings)),
      ...args.values("mount").map((text) => parseMountFlag(text, surroundings)),
      ...args.values("tmpfs").map(parseTmpfsFlag),
    ],
    volumesFrom: args.values("volumes-from").map(parseVolumesFrom),
    capAdd: parseCapabilities("--cap-add", args.values("cap-add")),
    capDrop: parseCapabilities("--cap-drop", args.values("cap-drop")),
    network: parseNetworkFlags(args.values("network"), {
      ip: args.value("ip"),
      ip6: args.value("ip6"),
      mac: args.value("mac-address"),
      ports: parsePublishFlags(args.values("publish")),
      exposedPorts: args.has("publish-all") ? "published" : undefined,
    }),
    labels: parseLabels([...args.values("label-file").flatMap(readLabels), ...args.values("label")]),
    ...(stopSignal === undefined ? {} : { stopSignal }),
  };
}

/** A label a line; # comments. */
function readLabels(path: string): string[] {
  const lines = readFlagFile("--label-file", path).split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
}

function parsePull(text: string | undefined): PullPolicy {
  return text === "always" || text === "never" ? text : "missing";
}

/** `--sdnotify`. Throws CntnrError `usage`. */
export function parseNotifyMode(args: ParsedArguments): (typeof notifyModes)[number] | undefined {
  return notifyModes.find((mode) => mode === args.value("sdnotify"));
}

/** What belongs to one time that the command was typed, and not to the container. */
const momentary = new Set([
  "attach",
  "detach",
  "name",
  "cidfile",
  "restart",
  "rm",
  "sdnotify",
  "sig-proxy",
  "detach-keys",
]);

/** The command line once more, one way of writing for each flag. */
function createWords(args: ParsedArguments): string[] {
  const flags = args.inOrder().filter(({ name }) => !momentary.has(name));
  return [...flags.map(({ name, value }) => `--${name}=${value}`), ...args.positionals];
}
