// Original file: proto/netd.proto

import type { Grant as _cntnr_netd_v1_Grant, Grant__Output as _cntnr_netd_v1_Grant__Output } from '../../../cntnr/netd/v1/Grant.ts';
import type { Setting as _cntnr_netd_v1_Setting, Setting__Output as _cntnr_netd_v1_Setting__Output } from '../../../cntnr/netd/v1/Setting.ts';

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
  /**
   * Quota of addresses of the caller on this network; 0 with unlimited set.
   */
  'addressesLimit'?: (number);
  'addressesUnlimited'?: (boolean);
  'addressesUsed'?: (number);
  /**
   * Attachments that the network has room for, of all users together.
   */
  'attachmentsFree'?: (number);
  /**
   * Everything that rules give the caller, in the words of the policy.
   */
  'grants'?: (_cntnr_netd_v1_Grant)[];
  /**
   * What the network is: isolation, host-access, egress, masquerade, in the words of the policy.
   */
  'settings'?: (_cntnr_netd_v1_Setting)[];
  /**
   * Where its addresses come from: 10.20.0.0/24; empty when only the plugins know.
   */
  'subnets'?: (string)[];
  /**
   * Quota of published ports of the caller on this network, 0 where no rule gives ports; 0 with unlimited set.
   */
  'portsLimit'?: (number);
  'portsUnlimited'?: (boolean);
  'portsUsed'?: (number);
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
  /**
   * Quota of addresses of the caller on this network; 0 with unlimited set.
   */
  'addressesLimit': (number);
  'addressesUnlimited': (boolean);
  'addressesUsed': (number);
  /**
   * Attachments that the network has room for, of all users together.
   */
  'attachmentsFree': (number);
  /**
   * Everything that rules give the caller, in the words of the policy.
   */
  'grants': (_cntnr_netd_v1_Grant__Output)[];
  /**
   * What the network is: isolation, host-access, egress, masquerade, in the words of the policy.
   */
  'settings': (_cntnr_netd_v1_Setting__Output)[];
  /**
   * Where its addresses come from: 10.20.0.0/24; empty when only the plugins know.
   */
  'subnets': (string)[];
  /**
   * Quota of published ports of the caller on this network, 0 where no rule gives ports; 0 with unlimited set.
   */
  'portsLimit': (number);
  'portsUnlimited': (boolean);
  'portsUsed': (number);
}
