/** A published vulnerability of a program that ours stand on. */
export interface Advisory {
  readonly id: string;
  /** What comes of it. */
  readonly what: string;
  /** The first version without it, one for each branch that was mended. */
  readonly fixedIn: readonly string[];
  /** The first version that has it; without one, all older ones are taken to have it. */
  readonly since?: string;
}

/** When the table was last compared with the projects' own advisories. */
export const comparedOn = "2026-11-26";

/**
 * What is known, by program; the advisories of their own projects are the source. Only what touches how the program is used here: what
 * comes of a malicious image or container. Of conmon's none is known; it is in the table so that its version is shown.
 */
export const advisories = {
  runc: [
    {
      id: "CVE-2019-5736",
      what: "a container replaces the runtime's own file",
      fixedIn: ["1.0.0-rc7"],
    },
    { id: "CVE-2019-16884", what: "an image mounts over /proc", fixedIn: ["1.0.0-rc9"] },
    {
      id: "CVE-2019-19921",
      what: "two containers with a shared volume get around labels",
      fixedIn: ["1.0.0-rc10"],
    },
    {
      id: "CVE-2021-30465",
      what: "a mount is led to the host by a link that changes meanwhile",
      fixedIn: ["1.0.0-rc95"],
    },
    {
      id: "CVE-2021-43784",
      what: "a long attribute in config.json changes the namespaces",
      fixedIn: ["1.0.3"],
    },
    {
      id: "CVE-2022-29162",
      what: "commands of exec have capabilities that files can inherit",
      fixedIn: ["1.1.2"],
    },
    {
      id: "CVE-2023-25809",
      what: "a container without root writes to the host's cgroup",
      fixedIn: ["1.1.5"],
    },
    { id: "CVE-2023-27561", what: "a linked /proc gets around labels", fixedIn: ["1.1.5"] },
    { id: "CVE-2023-28642", what: "a linked /proc gets around labels", fixedIn: ["1.1.5"] },
    {
      id: "CVE-2024-21626",
      what: "a leaked descriptor leads a container to the host's files",
      fixedIn: ["1.1.12"],
      since: "1.0.0-rc93",
    },
    {
      id: "CVE-2024-45310",
      what: "empty files are made on the host",
      fixedIn: ["1.1.14", "1.2.0-rc.3"],
    },
    {
      id: "CVE-2025-31133",
      what: "a masked path is made writable, and leads to the host",
      fixedIn: ["1.2.8", "1.3.3", "1.4.0-rc.3"],
    },
    {
      id: "CVE-2025-52565",
      what: "/dev/console is led to a file of the host's",
      fixedIn: ["1.2.8", "1.3.3", "1.4.0-rc.3"],
      since: "1.0.0-rc3",
    },
    {
      id: "CVE-2025-52881",
      what: "the runtime's writes to /proc are led elsewhere",
      fixedIn: ["1.2.8", "1.3.3", "1.4.0-rc.3"],
    },
    {
      id: "CVE-2026-41579",
      what: "an image with a linked /dev has files made and removed on the host (images' /dev is covered here)",
      fixedIn: ["1.3.6", "1.4.3", "1.5.0-rc.3"],
    },
  ],
  conmon: [],
  skopeo: [
    { id: "CVE-2021-41190", what: "one manifest is taken for two different images", fixedIn: ["1.5.2"] },
    {
      id: "CVE-2024-3727",
      what: "a registry's digest names a path outside of the store",
      fixedIn: ["1.14.4", "1.15.1"],
    },
  ],
  plugins: [
    { id: "CVE-2019-9946", what: "portmap's rules come before everybody else's", fixedIn: ["0.7.5"] },
    {
      id: "CVE-2020-10749",
      what: "a container is a router for the others by IPv6 router advertisements",
      fixedIn: ["0.8.6"],
    },
    {
      id: "CVE-2025-67499",
      what: "portmap by nftables takes packets for other addresses (netd publishes ports itself)",
      fixedIn: ["1.9.0"],
      since: "1.6.0",
    },
  ],
} as const satisfies Readonly<Record<string, readonly Advisory[]>>;

export type Product = keyof typeof advisories;
