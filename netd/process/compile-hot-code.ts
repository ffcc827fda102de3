/**
 * To be called when a process has started and serves. The build has code interpreted for long, for commands that run once;
 * what serves runs the same code again and again, and has it compiled as soon as that pays.
 */
export function compileHotCode(): void {
  Bun.unsafe.setJITPolicy(1);
}
