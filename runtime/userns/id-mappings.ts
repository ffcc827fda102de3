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
