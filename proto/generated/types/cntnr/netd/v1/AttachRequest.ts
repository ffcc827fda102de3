// Original file: proto/netd.proto


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
}
