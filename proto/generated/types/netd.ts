import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AttachRequest as _cntnr_netd_v1_AttachRequest, AttachRequest__Output as _cntnr_netd_v1_AttachRequest__Output } from './cntnr/netd/v1/AttachRequest.ts';
import type { AttachResponse as _cntnr_netd_v1_AttachResponse, AttachResponse__Output as _cntnr_netd_v1_AttachResponse__Output } from './cntnr/netd/v1/AttachResponse.ts';
import type { Attachment as _cntnr_netd_v1_Attachment, Attachment__Output as _cntnr_netd_v1_Attachment__Output } from './cntnr/netd/v1/Attachment.ts';
import type { DetachRequest as _cntnr_netd_v1_DetachRequest, DetachRequest__Output as _cntnr_netd_v1_DetachRequest__Output } from './cntnr/netd/v1/DetachRequest.ts';
import type { DetachResponse as _cntnr_netd_v1_DetachResponse, DetachResponse__Output as _cntnr_netd_v1_DetachResponse__Output } from './cntnr/netd/v1/DetachResponse.ts';
import type { Grant as _cntnr_netd_v1_Grant, Grant__Output as _cntnr_netd_v1_Grant__Output } from './cntnr/netd/v1/Grant.ts';
import type { ListRequest as _cntnr_netd_v1_ListRequest, ListRequest__Output as _cntnr_netd_v1_ListRequest__Output } from './cntnr/netd/v1/ListRequest.ts';
import type { ListResponse as _cntnr_netd_v1_ListResponse, ListResponse__Output as _cntnr_netd_v1_ListResponse__Output } from './cntnr/netd/v1/ListResponse.ts';
import type { NetdClient as _cntnr_netd_v1_NetdClient, NetdDefinition as _cntnr_netd_v1_NetdDefinition } from './cntnr/netd/v1/Netd.ts';
import type { Network as _cntnr_netd_v1_Network, Network__Output as _cntnr_netd_v1_Network__Output } from './cntnr/netd/v1/Network.ts';
import type { NetworksRequest as _cntnr_netd_v1_NetworksRequest, NetworksRequest__Output as _cntnr_netd_v1_NetworksRequest__Output } from './cntnr/netd/v1/NetworksRequest.ts';
import type { NetworksResponse as _cntnr_netd_v1_NetworksResponse, NetworksResponse__Output as _cntnr_netd_v1_NetworksResponse__Output } from './cntnr/netd/v1/NetworksResponse.ts';
import type { PublishedPort as _cntnr_netd_v1_PublishedPort, PublishedPort__Output as _cntnr_netd_v1_PublishedPort__Output } from './cntnr/netd/v1/PublishedPort.ts';
import type { Setting as _cntnr_netd_v1_Setting, Setting__Output as _cntnr_netd_v1_Setting__Output } from './cntnr/netd/v1/Setting.ts';
import type { StatusRequest as _cntnr_netd_v1_StatusRequest, StatusRequest__Output as _cntnr_netd_v1_StatusRequest__Output } from './cntnr/netd/v1/StatusRequest.ts';
import type { StatusResponse as _cntnr_netd_v1_StatusResponse, StatusResponse__Output as _cntnr_netd_v1_StatusResponse__Output } from './cntnr/netd/v1/StatusResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  cntnr: {
    netd: {
      v1: {
        AttachRequest: MessageTypeDefinition<_cntnr_netd_v1_AttachRequest, _cntnr_netd_v1_AttachRequest__Output>
        AttachResponse: MessageTypeDefinition<_cntnr_netd_v1_AttachResponse, _cntnr_netd_v1_AttachResponse__Output>
        Attachment: MessageTypeDefinition<_cntnr_netd_v1_Attachment, _cntnr_netd_v1_Attachment__Output>
        AttachmentState: EnumTypeDefinition
        DetachRequest: MessageTypeDefinition<_cntnr_netd_v1_DetachRequest, _cntnr_netd_v1_DetachRequest__Output>
        DetachResponse: MessageTypeDefinition<_cntnr_netd_v1_DetachResponse, _cntnr_netd_v1_DetachResponse__Output>
        Grant: MessageTypeDefinition<_cntnr_netd_v1_Grant, _cntnr_netd_v1_Grant__Output>
        ListRequest: MessageTypeDefinition<_cntnr_netd_v1_ListRequest, _cntnr_netd_v1_ListRequest__Output>
        ListResponse: MessageTypeDefinition<_cntnr_netd_v1_ListResponse, _cntnr_netd_v1_ListResponse__Output>
        Netd: SubtypeConstructor<typeof grpc.Client, _cntnr_netd_v1_NetdClient> & { service: _cntnr_netd_v1_NetdDefinition }
        Network: MessageTypeDefinition<_cntnr_netd_v1_Network, _cntnr_netd_v1_Network__Output>
        NetworksRequest: MessageTypeDefinition<_cntnr_netd_v1_NetworksRequest, _cntnr_netd_v1_NetworksRequest__Output>
        NetworksResponse: MessageTypeDefinition<_cntnr_netd_v1_NetworksResponse, _cntnr_netd_v1_NetworksResponse__Output>
        Protocol: EnumTypeDefinition
        PublishedPort: MessageTypeDefinition<_cntnr_netd_v1_PublishedPort, _cntnr_netd_v1_PublishedPort__Output>
        Setting: MessageTypeDefinition<_cntnr_netd_v1_Setting, _cntnr_netd_v1_Setting__Output>
        StatusRequest: MessageTypeDefinition<_cntnr_netd_v1_StatusRequest, _cntnr_netd_v1_StatusRequest__Output>
        StatusResponse: MessageTypeDefinition<_cntnr_netd_v1_StatusResponse, _cntnr_netd_v1_StatusResponse__Output>
      }
    }
  }
}

