// Original file: proto/netd.proto


export interface ListRequest {
}

export interface ListRequest__Output {
}
