// Original file: proto/netd.proto


export interface Network {
  'name'?: (string);
  /**
   * Quota of simultaneous attachments of the caller on this network; 0 with unlimited set.
   */
  'attachmentsLimit'?: (number);
  'attachmentsUnlimited'?: (boolean);
  'attachmentsUsed'?: (number);
  /**
   * Names of the plugins in the chain: bridge, portmap.
   */
  'plugins'?: (string)[];
  /**
   * The rule that grants it, for the user's question to the admin: "allow group:developers network:lab".
   */
  'grantedBy'?: (string);
}

export interface Network__Output {
  'name': (string);
  /**
   * Quota of simultaneous attachments of the caller on this network; 0 with unlimited set.
   */
  'attachmentsLimit': (number);
  'attachmentsUnlimited': (boolean);
  'attachmentsUsed': (number);
  /**
   * Names of the plugins in the chain: bridge, portmap.
   */
  'plugins': (string)[];
  /**
   * The rule that grants it, for the user's question to the admin: "allow group:developers network:lab".
   */
  'grantedBy': (string);
}
