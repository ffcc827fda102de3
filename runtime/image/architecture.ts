/** Names of processors in Go, which image configurations use (config.md, "architecture"), by those of Node. */
const names: Readonly<Record<string, string>> = {
  x64: "amd64",
  ia32: "386",
  arm64: "arm64",
  arm: "arm",
  ppc64: "ppc64le",
  riscv64: "riscv64",
  s390x: "s390x",
  loong64: "loong64",
};

/** What image configurations call a processor that `process.arch` calls so; by default this machine's. */
export function imageArchitecture(architecture: string = process.arch): string {
  return names[architecture] ?? architecture;
}
