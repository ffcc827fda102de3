// Original file: proto/netd.proto


export interface NetworksRequest {
}

export interface NetworksRequest__Output {
}
