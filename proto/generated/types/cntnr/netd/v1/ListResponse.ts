// Original file: proto/netd.proto

import type { Attachment as _cntnr_netd_v1_Attachment, Attachment__Output as _cntnr_netd_v1_Attachment__Output } from '../../../cntnr/netd/v1/Attachment.ts';

export interface ListResponse {
  'attachments'?: (_cntnr_netd_v1_Attachment)[];
}

export interface ListResponse__Output {
  'attachments': (_cntnr_netd_v1_Attachment__Output)[];
}
