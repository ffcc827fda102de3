// Original file: proto/netd.proto

import type { Protocol as _cntnr_netd_v1_Protocol, Protocol__Output as _cntnr_netd_v1_Protocol__Output } from '../../../cntnr/netd/v1/Protocol.ts';

export interface PublishedPort {
  /**
   * An address of the host's; empty: all that the policy allows; 0.0.0.0 or :: all of that family that it allows.
   */
  'hostIp'?: (string);
  'hostPort'?: (number);
  /**
   * Port in the namespace.
   */
  'containerPort'?: (number);
  'protocol'?: (_cntnr_netd_v1_Protocol);
}

export interface PublishedPort__Output {
  /**
   * An address of the host's; empty: all that the policy allows; 0.0.0.0 or :: all of that family that it allows.
   */
  'hostIp': (string);
  'hostPort': (number);
  /**
   * Port in the namespace.
   */
  'containerPort': (number);
  'protocol': (_cntnr_netd_v1_Protocol__Output);
}
