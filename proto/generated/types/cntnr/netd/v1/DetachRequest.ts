// Original file: proto/netd.proto


export interface DetachRequest {
  'attachmentId'?: (string);
}

export interface DetachRequest__Output {
  'attachmentId': (string);
}
