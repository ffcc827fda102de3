/** One line of /proc/<pid>/uid_map (user_namespaces(7)). */
export interface IdMapping {
  readonly containerId: number;
  readonly hostId: number;
  readonly size: number;
}

/** How ids of a container are ids of the host. `subordinate`: whether more than the user's own id is mapped. */
export interface IdMappings {
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
  readonly subordinate: boolean;
}

/** Whether the root of a namespace with these mappings is the user who makes it. */
export function isOwnRoot({ uids, gids }: IdMappings): boolean {
  const isRoot = (mappings: readonly IdMapping[], own: number | undefined) =>
    mappings.some(({ containerId, hostId }) => containerId === 0 && hostId === own);
  return isRoot(uids, process.getuid?.()) && isRoot(gids, process.getgid?.());
}
