// Original file: proto/netd.proto


export interface DetachResponse {
}

export interface DetachResponse__Output {
}
