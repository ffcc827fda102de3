import type { CommandResult } from "../../runtime/process/run-command.ts";
import type { SeededRandom } from "./random.ts";

/** What an operation is made for: the shell that does it, and what its user's other shells have made. */
export interface OperationContext {
  readonly random: SeededRandom;
  /** A container that a shell of the same user has made, and perhaps removed; a name of nobody's when there is none. */
  readonly container: string;
  /** A name, and a word, that nobody else has. */
  readonly fresh: string;
  /** The user is granted the network lab. */
  readonly hasNetwork: boolean;
}

/** One line of shell, and what it must have come to if it succeeded. */
export interface Operation {
  readonly line: string;
  /** It makes the container `fresh`, which goes on or has soon ended. */
  readonly makes?: "lasting" | "passing";
  /** If it succeeds there is no container of this name any more. */
  readonly removes?: string;
  /** What is wrong with a success; undefined: nothing. */
  readonly judge?: (result: CommandResult) => string | undefined;
}

export interface OperationKind {
  readonly name: string;
  readonly weight: number;
  readonly plan: (context: OperationContext) => Operation;
}

const saysWord =
  (word: string) =>
  ({ stdout }: CommandResult) =>
    stdout.includes(word) ? undefined : `it did not print ${word}, but ${JSON.stringify(stdout)}`;

const saysId = ({ stdout }: CommandResult) =>
  /^[0-9a-f]{64}\n$/.test(stdout) ? undefined : `it printed no id, but ${JSON.stringify(stdout)}`;

const isJson = ({ stdout }: CommandResult) => {
  try {
    JSON.parse(stdout);
    return undefined;
  } catch {
    return `it printed no JSON, but ${JSON.stringify(stdout.slice(0, 200))}`;
  }
};

/** Flags of a container that is made, each with some probability. */
function someFlags({ random, hasNetwork, fresh }: OperationContext): string {
  const flags: readonly (readonly [number, string])[] = [
    [0.1, `-v vol-${random.below(4)}:/data`],
    [0.05, "-v /anonymous"],
    [0.1, "--health-cmd true --health-interval 1s"],
    [0.1, "--init"],
    [hasNetwork ? 0.3 : 0, "--network lab"],
    [0.1, `-l word=${fresh}`],
  ];
  return flags.flatMap(([probability, flag]) => (random.isLucky(probability) ? [flag] : [])).join(" ");
}

function runDetached(context: OperationContext): Operation {
  const { random, fresh } = context;
  const mode = random.pick(["", "", "", "--rm", "--restart on-failure:2", "--restart always", "-t"]);
  const command = random.pick(["sleep 1000", "sleep 1000", "sleep 1000", "true", "sh -c 'exit 3'"]);
  return {
    line: `cntnr run -d --name ${fresh} ${mode} ${someFlags(context)} $IMAGE ${command}`,
    makes: command === "sleep 1000" ? "lasting" : "passing",
    judge: saysId,
  };
}

function runForeground(context: OperationContext): Operation {
  const { random, fresh } = context;
  const mode = random.pick(["", "--rm"]);
  return {
    line: `cntnr run --name ${fresh} ${mode} ${someFlags(context)} $IMAGE echo ${fresh}`,
    makes: "passing",
    judge: saysWord(fresh),
  };
}

/** What needs a container that nobody else does something to. */
function wholeLife({ random, fresh }: OperationContext): Operation {
  const middle = random.pick([
    `cntnr exec ${fresh} echo in-${fresh}`,
    `cntnr exec -t ${fresh} echo in-${fresh}`,
    `cntnr pause ${fresh} && cntnr unpause ${fresh}`,
    `cntnr restart -t 0 ${fresh} && cntnr top ${fresh}`,
    `cntnr cp /etc/os-release ${fresh}:/tmp/copied && cntnr diff ${fresh}`,
    `cntnr commit ${fresh} committed-2`,
  ]);
  const start = `cntnr run -d --name ${fresh} $IMAGE sleep 1000`;
  const end = `cntnr stop -t 0 ${fresh} && cntnr rm ${fresh} && echo word-${fresh}`;
  return {
    line: `${start} && ${middle} && ${end}`,
    makes: "passing",
    judge: ({ stdout }) => (stdout.includes(`word-${fresh}`) ? undefined : "it did not come to its end"),
  };
}

const ofContainer = (name: string, weight: number, words: string): OperationKind => ({
  name,
  weight,
  plan: ({ container }) => ({ line: `cntnr ${words} ${container}` }),
});

const removing = (name: string, weight: number): OperationKind => ({
  name,
  weight,
  plan: ({ container }) => ({ line: `cntnr ${name} ${container}`, removes: container }),
});

const always = (name: string, weight: number, line: string): OperationKind => ({
  name,
  weight,
  plan: () => ({ line }),
});

/** What is done, and how often in proportion. */
export const operationKinds: readonly OperationKind[] = [
  { name: "run -d", weight: 24, plan: runDetached },
  { name: "run", weight: 14, plan: runForeground },
  { name: "whole life", weight: 8, plan: wholeLife },
  {
    name: "create",
    weight: 6,
    plan: (context) => ({
      line: `cntnr create --name ${context.fresh} ${someFlags(context)} $IMAGE sleep 1000`,
      makes: "passing",
      judge: saysId,
    }),
  },
  ofContainer("start", 8, "start"),
  ofContainer("stop", 7, "stop -t 0"),
  ofContainer("kill", 4, "kill"),
  ofContainer("restart", 4, "restart -t 0"),
  ofContainer("pause", 2, "pause"),
  ofContainer("unpause", 2, "unpause"),
  removing("rm -f", 14),
  removing("rm -v", 2),
  ofContainer("logs", 3, "logs"),
  ofContainer("top", 1, "top"),
  ofContainer("diff", 1, "diff"),
  {
    name: "exec",
    weight: 10,
    plan: ({ container, fresh }) => ({
      line: `cntnr exec ${container} sh -c 'sleep 0.1; echo ${fresh}'`,
      judge: saysWord(fresh),
    }),
  },
  {
    name: "exec -d",
    weight: 2,
    plan: ({ container }) => ({ line: `cntnr exec -d ${container} sleep 1000` }),
  },
  {
    name: "exec -t",
    weight: 2,
    plan: ({ container, fresh }) => ({
      line: `cntnr exec -t ${container} echo ${fresh}`,
      judge: saysWord(fresh),
    }),
  },
  {
    name: "rename",
    weight: 2,
    plan: ({ container, fresh }) => ({
      line: `cntnr rename ${container} ${fresh}`,
      removes: container,
    }),
  },
  {
    name: "inspect",
    weight: 4,
    plan: ({ container }) => ({ line: `cntnr inspect ${container}`, judge: isJson }),
  },
  {
    name: "cp",
    weight: 3,
    plan: ({ container }) => ({ line: `cntnr cp /etc/os-release ${container}:/tmp/copied` }),
  },
  {
    name: "commit",
    weight: 2,
    plan: ({ container, random }) => ({ line: `cntnr commit ${container} committed-${random.below(2)}` }),
  },
  {
    name: "pull",
    weight: 3,
    plan: ({ random }) => ({
      line: `cntnr image rm -f other-${random.below(2)} >/dev/null; cntnr image pull -q $OTHER`,
    }),
  },
  {
    name: "build",
    weight: 2,
    plan: ({ fresh, random }) => ({
      line: `printf 'FROM %s\\nRUN echo ${fresh} >/word\\n' $IMAGE | cntnr build -q -t built-${random.below(2)} -`,
    }),
  },
  {
    name: "bundle",
    weight: 3,
    plan: ({ fresh, random }) => {
      const name = `bundle-${random.below(3)}`;
      return {
        line: `cntnr bundle create --update -b ${name} $IMAGE echo ${fresh} >/dev/null && cntnr bundle run ${name}`,
      };
    },
  },
  always("image rm", 1, "cntnr image rm -f $OTHER"),
  always("container prune", 1, "cntnr container prune -f"),
  always("volume prune", 1, "cntnr volume prune -af"),
  always("image gc", 1, "cntnr image gc"),
  always("ps", 6, "cntnr ps -a --format json"),
  always("stats", 1, "cntnr stats --no-stream"),
  always("system df", 1, "cntnr system df"),
];
