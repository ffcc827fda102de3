// Original file: proto/netd.proto

import type { AttachmentState as _cntnr_netd_v1_AttachmentState, AttachmentState__Output as _cntnr_netd_v1_AttachmentState__Output } from '../../../cntnr/netd/v1/AttachmentState.ts';
import type { PublishedPort as _cntnr_netd_v1_PublishedPort, PublishedPort__Output as _cntnr_netd_v1_PublishedPort__Output } from '../../../cntnr/netd/v1/PublishedPort.ts';
import type { Long } from '@grpc/proto-loader';

export interface Attachment {
  /**
   * 32 lower-case hexadecimal digits, made by netd.
   */
  'id'?: (string);
  'network'?: (string);
  'interface'?: (string);
  /**
   * MAC address of the interface in the namespace.
   */
  'mac'?: (string);
  /**
   * Addresses with prefix length, in the order of the CNI result: 10.20.0.2/24.
   */
  'addresses'?: (string)[];
  /**
   * Gateways of those addresses, where the plugin gave one.
   */
  'gateways'?: (string)[];
  /**
   * Name servers and search domains, as the CNI result gives them.
   */
  'nameservers'?: (string)[];
  'searchDomains'?: (string)[];
  /**
   * Seconds since 1970-01-01 UTC.
   */
  'createdAt'?: (number | string | Long);
  'state'?: (_cntnr_netd_v1_AttachmentState);
  'ports'?: (_cntnr_netd_v1_PublishedPort)[];
}

export interface Attachment__Output {
  /**
   * 32 lower-case hexadecimal digits, made by netd.
   */
  'id': (string);
  'network': (string);
  'interface': (string);
  /**
   * MAC address of the interface in the namespace.
   */
  'mac': (string);
  /**
   * Addresses with prefix length, in the order of the CNI result: 10.20.0.2/24.
   */
  'addresses': (string)[];
  /**
   * Gateways of those addresses, where the plugin gave one.
   */
  'gateways': (string)[];
  /**
   * Name servers and search domains, as the CNI result gives them.
   */
  'nameservers': (string)[];
  'searchDomains': (string)[];
  /**
   * Seconds since 1970-01-01 UTC.
   */
  'createdAt': (number);
  'state': (_cntnr_netd_v1_AttachmentState__Output);
  'ports': (_cntnr_netd_v1_PublishedPort__Output)[];
}
