// Original file: proto/netd.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AttachRequest as _cntnr_netd_v1_AttachRequest, AttachRequest__Output as _cntnr_netd_v1_AttachRequest__Output } from '../../../cntnr/netd/v1/AttachRequest.ts';
import type { AttachResponse as _cntnr_netd_v1_AttachResponse, AttachResponse__Output as _cntnr_netd_v1_AttachResponse__Output } from '../../../cntnr/netd/v1/AttachResponse.ts';
import type { DetachRequest as _cntnr_netd_v1_DetachRequest, DetachRequest__Output as _cntnr_netd_v1_DetachRequest__Output } from '../../../cntnr/netd/v1/DetachRequest.ts';
import type { DetachResponse as _cntnr_netd_v1_DetachResponse, DetachResponse__Output as _cntnr_netd_v1_DetachResponse__Output } from '../../../cntnr/netd/v1/DetachResponse.ts';
import type { ListRequest as _cntnr_netd_v1_ListRequest, ListRequest__Output as _cntnr_netd_v1_ListRequest__Output } from '../../../cntnr/netd/v1/ListRequest.ts';
import type { ListResponse as _cntnr_netd_v1_ListResponse, ListResponse__Output as _cntnr_netd_v1_ListResponse__Output } from '../../../cntnr/netd/v1/ListResponse.ts';
import type { NetworksRequest as _cntnr_netd_v1_NetworksRequest, NetworksRequest__Output as _cntnr_netd_v1_NetworksRequest__Output } from '../../../cntnr/netd/v1/NetworksRequest.ts';
import type { NetworksResponse as _cntnr_netd_v1_NetworksResponse, NetworksResponse__Output as _cntnr_netd_v1_NetworksResponse__Output } from '../../../cntnr/netd/v1/NetworksResponse.ts';
import type { StatusRequest as _cntnr_netd_v1_StatusRequest, StatusRequest__Output as _cntnr_netd_v1_StatusRequest__Output } from '../../../cntnr/netd/v1/StatusRequest.ts';
import type { StatusResponse as _cntnr_netd_v1_StatusResponse, StatusResponse__Output as _cntnr_netd_v1_StatusResponse__Output } from '../../../cntnr/netd/v1/StatusResponse.ts';

export interface NetdClient extends grpc.Client {
  /**
   * Puts one network namespace of the caller on one network. Idempotent by `idempotency_key`.
   */
  Attach(argument: _cntnr_netd_v1_AttachRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_AttachResponse__Output>): grpc.ClientUnaryCall;
  Attach(argument: _cntnr_netd_v1_AttachRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cntnr_netd_v1_AttachResponse__Output>): grpc.ClientUnaryCall;
  Attach(argument: _cntnr_netd_v1_AttachRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_AttachResponse__Output>): grpc.ClientUnaryCall;
  Attach(argument: _cntnr_netd_v1_AttachRequest, callback: grpc.requestCallback<_cntnr_netd_v1_AttachResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Puts one network namespace of the caller on one network. Idempotent by `idempotency_key`.
   */
  attach(argument: _cntnr_netd_v1_AttachRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_AttachResponse__Output>): grpc.ClientUnaryCall;
  attach(argument: _cntnr_netd_v1_AttachRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cntnr_netd_v1_AttachResponse__Output>): grpc.ClientUnaryCall;
  attach(argument: _cntnr_netd_v1_AttachRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_AttachResponse__Output>): grpc.ClientUnaryCall;
  attach(argument: _cntnr_netd_v1_AttachRequest, callback: grpc.requestCallback<_cntnr_netd_v1_AttachResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Takes an attachment of the caller away. Answers as soon as that is promised durably; a later Attach of the
   * caller waits for the clean-up where it needs the slot. Unknown and foreign ids are answered alike: nothing to do.
   */
  Detach(argument: _cntnr_netd_v1_DetachRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_DetachResponse__Output>): grpc.ClientUnaryCall;
  Detach(argument: _cntnr_netd_v1_DetachRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cntnr_netd_v1_DetachResponse__Output>): grpc.ClientUnaryCall;
  Detach(argument: _cntnr_netd_v1_DetachRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_DetachResponse__Output>): grpc.ClientUnaryCall;
  Detach(argument: _cntnr_netd_v1_DetachRequest, callback: grpc.requestCallback<_cntnr_netd_v1_DetachResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Takes an attachment of the caller away. Answers as soon as that is promised durably; a later Attach of the
   * caller waits for the clean-up where it needs the slot. Unknown and foreign ids are answered alike: nothing to do.
   */
  detach(argument: _cntnr_netd_v1_DetachRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_DetachResponse__Output>): grpc.ClientUnaryCall;
  detach(argument: _cntnr_netd_v1_DetachRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cntnr_netd_v1_DetachResponse__Output>): grpc.ClientUnaryCall;
  detach(argument: _cntnr_netd_v1_DetachRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_DetachResponse__Output>): grpc.ClientUnaryCall;
  detach(argument: _cntnr_netd_v1_DetachRequest, callback: grpc.requestCallback<_cntnr_netd_v1_DetachResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The caller's own attachments.
   */
  List(argument: _cntnr_netd_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  List(argument: _cntnr_netd_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cntnr_netd_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  List(argument: _cntnr_netd_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  List(argument: _cntnr_netd_v1_ListRequest, callback: grpc.requestCallback<_cntnr_netd_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The caller's own attachments.
   */
  list(argument: _cntnr_netd_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  list(argument: _cntnr_netd_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cntnr_netd_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  list(argument: _cntnr_netd_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  list(argument: _cntnr_netd_v1_ListRequest, callback: grpc.requestCallback<_cntnr_netd_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The networks that the caller may use, and what is left of the quotas.
   */
  Networks(argument: _cntnr_netd_v1_NetworksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_NetworksResponse__Output>): grpc.ClientUnaryCall;
  Networks(argument: _cntnr_netd_v1_NetworksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cntnr_netd_v1_NetworksResponse__Output>): grpc.ClientUnaryCall;
  Networks(argument: _cntnr_netd_v1_NetworksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_NetworksResponse__Output>): grpc.ClientUnaryCall;
  Networks(argument: _cntnr_netd_v1_NetworksRequest, callback: grpc.requestCallback<_cntnr_netd_v1_NetworksResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The networks that the caller may use, and what is left of the quotas.
   */
  networks(argument: _cntnr_netd_v1_NetworksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_NetworksResponse__Output>): grpc.ClientUnaryCall;
  networks(argument: _cntnr_netd_v1_NetworksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cntnr_netd_v1_NetworksResponse__Output>): grpc.ClientUnaryCall;
  networks(argument: _cntnr_netd_v1_NetworksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_NetworksResponse__Output>): grpc.ClientUnaryCall;
  networks(argument: _cntnr_netd_v1_NetworksRequest, callback: grpc.requestCallback<_cntnr_netd_v1_NetworksResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Version and health of the service.
   */
  Status(argument: _cntnr_netd_v1_StatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  Status(argument: _cntnr_netd_v1_StatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cntnr_netd_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  Status(argument: _cntnr_netd_v1_StatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  Status(argument: _cntnr_netd_v1_StatusRequest, callback: grpc.requestCallback<_cntnr_netd_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Version and health of the service.
   */
  status(argument: _cntnr_netd_v1_StatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _cntnr_netd_v1_StatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cntnr_netd_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _cntnr_netd_v1_StatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cntnr_netd_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _cntnr_netd_v1_StatusRequest, callback: grpc.requestCallback<_cntnr_netd_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface NetdHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Puts one network namespace of the caller on one network. Idempotent by `idempotency_key`.
   */
  Attach: grpc.handleUnaryCall<_cntnr_netd_v1_AttachRequest__Output, _cntnr_netd_v1_AttachResponse>;
  
  /**
   * Takes an attachment of the caller away. Answers as soon as that is promised durably; a later Attach of the
   * caller waits for the clean-up where it needs the slot. Unknown and foreign ids are answered alike: nothing to do.
   */
  Detach: grpc.handleUnaryCall<_cntnr_netd_v1_DetachRequest__Output, _cntnr_netd_v1_DetachResponse>;
  
  /**
   * The caller's own attachments.
   */
  List: grpc.handleUnaryCall<_cntnr_netd_v1_ListRequest__Output, _cntnr_netd_v1_ListResponse>;
  
  /**
   * The networks that the caller may use, and what is left of the quotas.
   */
  Networks: grpc.handleUnaryCall<_cntnr_netd_v1_NetworksRequest__Output, _cntnr_netd_v1_NetworksResponse>;
  
  /**
   * Version and health of the service.
   */
  Status: grpc.handleUnaryCall<_cntnr_netd_v1_StatusRequest__Output, _cntnr_netd_v1_StatusResponse>;
  
}

export interface NetdDefinition extends grpc.ServiceDefinition {
  Attach: MethodDefinition<_cntnr_netd_v1_AttachRequest, _cntnr_netd_v1_AttachResponse, _cntnr_netd_v1_AttachRequest__Output, _cntnr_netd_v1_AttachResponse__Output>
  Detach: MethodDefinition<_cntnr_netd_v1_DetachRequest, _cntnr_netd_v1_DetachResponse, _cntnr_netd_v1_DetachRequest__Output, _cntnr_netd_v1_DetachResponse__Output>
  List: MethodDefinition<_cntnr_netd_v1_ListRequest, _cntnr_netd_v1_ListResponse, _cntnr_netd_v1_ListRequest__Output, _cntnr_netd_v1_ListResponse__Output>
  Networks: MethodDefinition<_cntnr_netd_v1_NetworksRequest, _cntnr_netd_v1_NetworksResponse, _cntnr_netd_v1_NetworksRequest__Output, _cntnr_netd_v1_NetworksResponse__Output>
  Status: MethodDefinition<_cntnr_netd_v1_StatusRequest, _cntnr_netd_v1_StatusResponse, _cntnr_netd_v1_StatusRequest__Output, _cntnr_netd_v1_StatusResponse__Output>
}
