// Original file: proto/netd.proto

import type { Network as _cntnr_netd_v1_Network, Network__Output as _cntnr_netd_v1_Network__Output } from '../../../cntnr/netd/v1/Network.ts';

export interface NetworksResponse {
  'networks'?: (_cntnr_netd_v1_Network)[];
}

export interface NetworksResponse__Output {
  'networks': (_cntnr_netd_v1_Network__Output)[];
}
