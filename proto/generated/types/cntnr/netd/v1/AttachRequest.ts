// Original file: proto/netd.proto

import type { PublishedPort as _cntnr_netd_v1_PublishedPort, PublishedPort__Output as _cntnr_netd_v1_PublishedPort__Output } from '../../../cntnr/netd/v1/PublishedPort.ts';

export interface AttachRequest {
  /**
   * Network name of the admin's policy: [a-z0-9][a-z0-9_]{0,31}.
   */
  'network'?: (string);
  /**
   * Descriptor number, in the calling process, of an open network namespace (/proc/<pid>/ns/net).
   * Ignored when check_only is set.
   */
  'netnsFd'?: (number);
  /**
   * Descriptor number, in the calling process, of a pidfd of a process that lives in that namespace; the
   * attachment ends when that process does. Ignored when check_only is set.
   */
  'leaseFd'?: (number);
  /**
   * Interface name inside the namespace; empty: eth0.
   */
  'interface'?: (string);
  /**
   * Chosen by the client, [A-Za-z0-9_.-]{1,128}: the same key, namespace and request get the same answer.
   */
  'idempotencyKey'?: (string);
  /**
   * Only decide (policy and quota), audit, and answer: nothing is attached, attachment_id is empty.
   */
  'checkOnly'?: (boolean);
  /**
   * Addresses to have, without prefix length, at most one of each family; empty: any of the network's.
   */
  'addresses'?: (string)[];
  /**
   * MAC address to have, 02:00:00:00:00:05; empty: any.
   */
  'mac'?: (string);
  /**
   * Ports of the host that are to lead to the attachment.
   */
  'ports'?: (_cntnr_netd_v1_PublishedPort)[];
}

export interface AttachRequest__Output {
  /**
   * Network name of the admin's policy: [a-z0-9][a-z0-9_]{0,31}.
   */
  'network': (string);
  /**
   * Descriptor number, in the calling process, of an open network namespace (/proc/<pid>/ns/net).
   * Ignored when check_only is set.
   */
  'netnsFd': (number);
  /**
   * Descriptor number, in the calling process, of a pidfd of a process that lives in that namespace; the
   * attachment ends when that process does. Ignored when check_only is set.
   */
  'leaseFd': (number);
  /**
   * Interface name inside the namespace; empty: eth0.
   */
  'interface': (string);
  /**
   * Chosen by the client, [A-Za-z0-9_.-]{1,128}: the same key, namespace and request get the same answer.
   */
  'idempotencyKey': (string);
  /**
   * Only decide (policy and quota), audit, and answer: nothing is attached, attachment_id is empty.
   */
  'checkOnly': (boolean);
  /**
   * Addresses to have, without prefix length, at most one of each family; empty: any of the network's.
   */
  'addresses': (string)[];
  /**
   * MAC address to have, 02:00:00:00:00:05; empty: any.
   */
  'mac': (string);
  /**
   * Ports of the host that are to lead to the attachment.
   */
  'ports': (_cntnr_netd_v1_PublishedPort__Output)[];
}
