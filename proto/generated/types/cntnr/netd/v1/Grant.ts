// Original file: proto/netd.proto


export interface Grant {
  /**
   * Key of the policy: ports, static-ips, mac.
   */
  'key'?: (string);
  'value'?: (string);
  /**
   * The rule: "allow group:developers network:lab".
   */
  'grantedBy'?: (string);
}

export interface Grant__Output {
  /**
   * Key of the policy: ports, static-ips, mac.
   */
  'key': (string);
  'value': (string);
  /**
   * The rule: "allow group:developers network:lab".
   */
  'grantedBy': (string);
}
