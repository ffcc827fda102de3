import type { Command } from "./command.ts";

/** What cntnr itself, or a runtime, starts: not for people. */
export const hiddenCommands: readonly Command[] = [
  {
    path: "oci-hook",
    summary: "Attach or detach networks, started by an OCI runtime as a hook",
    flags: [],
    positionals: [{ name: "STAGE", count: "one" }],
    example: "cntnr oci-hook createRuntime <state.json",
    hidden: true,
    failureCode: 1,
    load: async () => {
      const { ociHook } = await import("./oci-hook.ts");
      return async ({ args, directories, env }) => {
        await ociHook(args.positionals[0] ?? "", directories, env);
        return 0;
      };
    },
  },
  {
    path: "internal-layer",
    summary: "Read or write a layer, started by cntnr in a user namespace",
    flags: [],
    positionals: [],
    example: "cntnr internal-layer <request.json",
    hidden: true,
    failureCode: 1,
    load: async () => {
      const { internalLayer } = await import("./internal-layer.ts");
      return async () => {
        await internalLayer();
        return 0;
      };
    },
  },
  {
    path: "internal-resolve",
    summary: "Follow the links of an image, started by cntnr in a user namespace",
    flags: [],
    positionals: [],
    example: "cntnr internal-resolve <request.json",
    hidden: true,
    failureCode: 1,
    load: async () => {
      const { internalResolve } = await import("./internal-resolve.ts");
      return () => internalResolve();
    },
  },
  {
    path: "internal-copy",
    summary: "Read or write files for cp and diff, started by cntnr in the view of a container",
    flags: [],
    positionals: [],
    example: "cntnr internal-copy <job.json",
    hidden: true,
    failureCode: 1,
    load: async () => (await import("./internal-copy.ts")).internalCopy,
  },
  {
    path: "internal-exited",
    summary: "Clean up after a life of a container, started by conmon",
    flags: [],
    positionals: [
      { name: "ID", count: "one" },
      { name: "LIFE", count: "one" },
    ],
    example: "cntnr internal-exited ID 1",
    hidden: true,
    failureCode: 1,
    load: async () => (await import("./internal-exited.ts")).internalExited,
  },
  {
    path: "internal-health",
    summary: "Run health checks as long as there are containers that have any",
    flags: [{ name: "inherited", summary: "The lock is descriptor 3" }],
    positionals: [],
    example: "cntnr internal-health",
    hidden: true,
    failureCode: 1,
    load: async () => (await import("./internal-health.ts")).internalHealth,
  },
  {
    path: "internal-restart",
    summary: "Start a container again, started by whatever waited until that was due",
    flags: [],
    positionals: [{ name: "ID", count: "one" }],
    example: "cntnr internal-restart ID",
    hidden: true,
    failureCode: 1,
    load: async () => (await import("./internal-restart.ts")).internalRestart,
  },
  {
    path: "internal-merge",
    summary: "Copy the merged layers of an image, started by cntnr in a user namespace",
    flags: [],
    positionals: [],
    example: "cntnr internal-merge <job.json",
    hidden: true,
    failureCode: 1,
    load: async () => (await import("./internal-merge.ts")).internalMerge,
  },
  {
    path: "internal-probe",
    summary: "Try what a container could do here, started by cntnr in namespaces of its own",
    flags: [],
    positionals: [{ name: "SCRATCH", count: "one" }],
    example: "cntnr internal-probe DIRECTORY",
    hidden: true,
    failureCode: 1,
    load: async () => {
      const { internalProbe } = await import("./internal-probe.ts");
      return async (context) => internalProbe(context);
    },
  },
  {
    path: "internal-tree",
    summary: "Copy files of a build, started by cntnr in a user namespace",
    flags: [],
    positionals: [],
    example: "cntnr internal-tree <job.json",
    hidden: true,
    failureCode: 1,
    load: async () => {
      const { internalTree } = await import("./internal-tree.ts");
      return async () => {
        await internalTree();
        return 0;
      };
    },
  },
];
