// Original file: proto/netd.proto


export interface StatusResponse {
  'version'?: (string);
  /**
   * False while the newest policy could not be loaded and the last good one (or none) is in force.
   */
  'policyCurrent'?: (boolean);
  'attachments'?: (number);
}

export interface StatusResponse__Output {
  'version': (string);
  /**
   * False while the newest policy could not be loaded and the last good one (or none) is in force.
   */
  'policyCurrent': (boolean);
  'attachments': (number);
}
