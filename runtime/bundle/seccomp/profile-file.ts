import * as v from "valibot";
import { CntnrError, messageOf } from "../../errors/cntnr-error.ts";
import { parseExactJson } from "../exact-json.ts";
import type { OciSeccomp, OciSyscallRule } from "../oci-config.ts";

const action = v.picklist([
  "SCMP_ACT_ALLOW",
  "SCMP_ACT_ERRNO",
  "SCMP_ACT_KILL",
  "SCMP_ACT_KILL_PROCESS",
  "SCMP_ACT_KILL_THREAD",
  "SCMP_ACT_LOG",
  "SCMP_ACT_TRACE",
  "SCMP_ACT_TRAP",
]);
const integer = v.union([v.pipe(v.number(), v.safeInteger(), v.minValue(0)), v.bigint()]);
const errno = v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0)));
const names = v.nullish(v.array(v.string()), []);
const conditions = v.nullish(
  v.object({ caps: names, arches: names, minKernel: v.nullish(v.pipe(v.string(), v.regex(/^\d+\.\d+$/))) }),
);

const fileSchema = v.object({
  defaultAction: action,
  defaultErrnoRet: errno,
  architectures: names,
  archMap: v.nullish(v.array(v.object({ architecture: v.string(), subArchitectures: names })), []),
  syscalls: v.nullish(
    v.array(
      v.object({
        name: v.nullish(v.string()),
        names,
        action,
        errnoRet: errno,
        args: v.nullish(
          v.array(
            v.object({
              index: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(5)),
              value: integer,
              valueTwo: v.nullish(integer),
              op: v.picklist([
                "SCMP_CMP_EQ",
                "SCMP_CMP_GE",
                "SCMP_CMP_GT",
                "SCMP_CMP_LE",
                "SCMP_CMP_LT",
                "SCMP_CMP_MASKED_EQ",
                "SCMP_CMP_NE",
              ]),
            }),
          ),
          [],
        ),
        includes: conditions,
        excludes: conditions,
      }),
    ),
    [],
  ),
});

/** A profile as docker's and podman's tools write it, or the `seccomp` of an OCI config.json. */
export type SeccompFile = v.InferOutput<typeof fileSchema>;
type FileRule = SeccompFile["syscalls"][number];

/** Throws CntnrError `usage` with the file's name. */
export function parseSeccompFile(text: string, path: string): SeccompFile {
  let value: unknown;
  try {
    value = parseExactJson(text);
  } catch (error) {
    throw new CntnrError("usage", `seccomp profile ${path} is not JSON: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const result = v.safeParse(fileSchema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new CntnrError("usage", `seccomp profile ${path}: ${v.getDotPath(issue) ?? "it"}: ${issue.message}`);
}

/** What the conditions of a profile are about. */
export interface ProfileSurroundings {
  /** Capabilities without CAP_. */
  readonly granted: readonly string[];
  /** As `process.arch` says it. */
  readonly architecture: string;
  /** `uname -r` */
  readonly kernelRelease: string;
}

/** Architectures in the words of Node, of libseccomp and of Go, which profiles use. */
const architectureNames: Readonly<Record<string, { readonly seccomp: string; readonly go: string }>> = {
  x64: { seccomp: "SCMP_ARCH_X86_64", go: "amd64" },
  ia32: { seccomp: "SCMP_ARCH_X86", go: "x86" },
  arm64: { seccomp: "SCMP_ARCH_AARCH64", go: "arm64" },
  arm: { seccomp: "SCMP_ARCH_ARM", go: "arm" },
  ppc64: { seccomp: "SCMP_ARCH_PPC64LE", go: "ppc64le" },
  riscv64: { seccomp: "SCMP_ARCH_RISCV64", go: "riscv64" },
  s390x: { seccomp: "SCMP_ARCH_S390X", go: "s390x" },
  loong64: { seccomp: "SCMP_ARCH_LOONGARCH64", go: "loong64" },
};

/** The profile for one container: of the file's rules those whose conditions hold. Pure. */
export function selectProfile(file: SeccompFile, surroundings: ProfileSurroundings): OciSeccomp {
  const own = architectureNames[surroundings.architecture]?.seccomp;
  const mapped = file.archMap.find(({ architecture }) => architecture === own);
  return {
    defaultAction: file.defaultAction,
    ...(file.defaultErrnoRet == null ? {} : { defaultErrnoRet: file.defaultErrnoRet }),
    architectures: mapped ? [mapped.architecture, ...mapped.subArchitectures] : file.architectures,
    syscalls: file.syscalls.filter((rule) => applies(rule, surroundings)).map(ociRule),
  };
}

function applies({ includes, excludes }: FileRule, surroundings: ProfileSurroundings): boolean {
  const architecture = architectureNames[surroundings.architecture]?.go ?? surroundings.architecture;
  const isGranted = (name: string) => surroundings.granted.includes(name.replace(/^CAP_/, ""));
  if (includes && !includes.caps.every(isGranted)) return false;
  if (includes && includes.arches.length > 0 && !includes.arches.includes(architecture)) return false;
  if (includes?.minKernel && !isAtLeast(surroundings.kernelRelease, includes.minKernel)) return false;
  if (excludes && (excludes.caps.some(isGranted) || excludes.arches.includes(architecture))) return false;
  return !(excludes?.minKernel && isAtLeast(surroundings.kernelRelease, excludes.minKernel));
}

function isAtLeast(release: string, wanted: string): boolean {
  const [major = 0, minor = 0] = release.split(/[.-]/).map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function ociRule(rule: FileRule): OciSyscallRule {
  const args = rule.args.map(({ index, value, valueTwo, op }) => ({
    index,
    value,
    valueTwo: valueTwo ?? 0,
    op,
  }));
  return {
    names: rule.name ? [rule.name, ...rule.names] : rule.names,
    action: rule.action,
    ...(rule.errnoRet == null ? {} : { errnoRet: rule.errnoRet }),
    ...(args.length === 0 ? {} : { args }),
  };
}
