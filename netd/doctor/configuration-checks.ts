import { existsSync, lstatSync, readFileSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadPolicy } from "../../policy/load.ts";
import { readTrustedFile } from "../../policy/trusted-file.ts";
import { resolveAccountNames } from "../process/account-names.ts";
import { findAccount } from "../process/find-account.ts";
import { unitFiles } from "../systemd/unit-files.ts";
import { type Check, fault, good, warning } from "./check.ts";
import { requireGoodNetworks } from "./policy-networks.ts";

/** Where things are that the checks look at. */
export interface ConfigurationPlaces {
  readonly policyDir: string;
  readonly conflistDir: string;
  readonly pluginDir: string;
  readonly runDir: string;
  readonly auditLog: string;
  readonly frontUser: string;
  /** This program. */
  readonly program: string;
}

const account = ({ frontUser }: ConfigurationPlaces): Check => ({
  name: "user",
  look: async () => {
    const found = await findAccount(frontUser);
    if (!found)
      return fault(`there is no user ${frontUser}: systemd-sysusers makes it, or \`serve\` says how to`);
    const isRoots = found.uid === 0 || found.gid === 0;
    return isRoots
      ? fault(`${frontUser} is root, or of root's group: it must be nobody else's`)
      : good(`${frontUser} is uid ${found.uid}`);
  },
});

/** With the policy's networks: what the service does when it loads them. */
const policy = ({ policyDir, conflistDir, pluginDir, runDir }: ConfigurationPlaces): Check => ({
  name: "policy",
  look: async () => {
    const loaded = await loadPolicy({ directory: policyDir, resolveNames: resolveAccountNames });
    const { networks, rules } = loaded;
    const places = { conflistDir, runDir, pluginDir, read: readTrustedFile };
    const looked = await requireGoodNetworks(loaded, places);
    const warnings = [...loaded.warnings, ...looked.warnings];
    if (warnings.length > 0) return warning(warnings.join("\n"));
    if (rules.length === 0) return warning(`nobody may use anything yet: write rules in ${policyDir}`);
    return good(`${networks.size} networks, ${rules.length} rules; the plugins of all networks answer`);
  },
});

const leastFreeBytes = 100 << 20;

const auditLog = ({ auditLog: path, frontUser }: ConfigurationPlaces): Check => ({
  name: "audit log",
  look: async () => {
    const directory = dirname(path);
    if (!existsSync(directory)) return good(`${directory} will be made`);
    const owner = await findAccount(frontUser);
    if (owner && lstatSync(directory).uid !== owner.uid)
      return fault(`${directory} must be ${frontUser}'s, who writes it: chown -R ${frontUser}: ${directory}`);
    const { bavail, bsize } = statfsSync(directory);
    const free = `${Math.floor((bavail * bsize) / (1 << 20))} MiB are free in ${directory}`;
    return bavail * bsize < leastFreeBytes
      ? warning(`only ${free}: nothing is attached when it is full`)
      : good(free);
  },
});

/** statfs(2), f_type. */
const tmpfsMagic = 0x01021994;

const runDirectory = ({ runDir }: ConfigurationPlaces): Check => ({
  name: "run directory",
  look: () => {
    const existing = existsSync(runDir) ? runDir : dirname(runDir);
    return statfsSync(existing).type === tmpfsMagic
      ? good(`${runDir} ends with the boot, as all that it is about`)
      : warning(`${runDir} is on a disk: better on a tmpfs, where it ends with the boot`);
  },
});

const unitDirectories = ["/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"];

const units = ({ program }: ConfigurationPlaces): Check => ({
  name: "units",
  look: () => {
    if (!existsSync("/run/systemd/system")) return good("systemd does not run here");
    const directory = unitDirectories.find((one) => existsSync(join(one, "cntnr-netd.service")));
    if (directory === undefined) return warning("systemd has none: cntnr-netd unit install");
    const differing = unitFiles(program, directory)
      .filter(({ path, text }) => !existsSync(path) || readFileSync(path, "utf8") !== text)
      .map(({ path }) => path);
    return differing.length === 0
      ? good(`in ${directory}, of this version`)
      : warning(`${differing.join(", ")} are not this program's: cntnr-netd unit install writes them`);
  },
});

/** What the administrator has to have set up. Needs root. */
export function configurationChecks(places: ConfigurationPlaces): readonly Check[] {
  return [account, policy, auditLog, runDirectory, units].map((check) => check(places));
}
