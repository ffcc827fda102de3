import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestHost } from "../fixtures/test-host.ts";
import type { TestUser } from "../fixtures/users.ts";
import { userProcessesOf } from "./killer.ts";

/** Directories of a user's that are empty when he has no container, bundle, volume or command. */
const emptyOfData = ["containers/names", "tmp", "bundles", "volumes"];
const emptyOfRun = ["runc", "attachments", "execs"];
/** These are made with the first container, and stay. */
const permanent = ["names", "names.lock"];

/** What is there of a user that should not be, when he has no container, bundle, volume or command any more. */
export function leftOversOf(host: TestHost, user: TestUser): string[] {
  const data = host.storeOf(user);
  const run = host.path(`/run/user/${user.uid}/cntnr`);
  const of = (directory: string) => (name: string) => namesIn(directory, name);
  return [
    ...namesIn(data, "containers").filter((path) => !permanent.some((name) => path.endsWith(`/${name}`))),
    ...emptyOfData.flatMap(of(data)),
    ...emptyOfRun.flatMap(of(run)),
    ...readdirSync(run).filter((name) => name.startsWith("build-")),
  ].map((path) => `${user.name}: ${path}`);
}

/** Processes of users, zombies of theirs, and mounts that were not there before. */
export function leftOversOfHost(host: TestHost, mountsBefore: readonly string[]): string[] {
  return [
    ...userProcessesOf(host).map(({ pid, arguments: words }) => `process ${pid}: ${words.join(" ")}`),
    ...zombiesOf(host),
    ...mountsOf(host).filter((mount) => !mountsBefore.includes(mount)),
  ];
}

/** The mounts that a host's users see. */
export function mountsOf(host: TestHost): string[] {
  return readFileSync(`/proc/${host.place.pid}/mountinfo`, "utf8").split("\n");
}

/** Processes of users that have ended and that nobody has waited for. */
function zombiesOf(host: TestHost): string[] {
  const uids = Object.values(host.users).map(({ uid }) => uid);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const status = readIfThere(`/proc/${pid}/status`);
      const uid = Number(/^Uid:\t(\d+)/m.exec(status)?.[1]);
      if (!/^State:\tZ/m.test(status) || !uids.includes(uid)) return [];
      return [`zombie ${pid}: ${/^Name:\t(.*)$/m.exec(status)?.[1]}`];
    });
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It has just gone.
    return "";
  }
}

function namesIn(directory: string, name: string): string[] {
  const path = join(directory, name);
  return existsSync(path) ? readdirSync(path).map((entry) => join(path, entry)) : [];
}
