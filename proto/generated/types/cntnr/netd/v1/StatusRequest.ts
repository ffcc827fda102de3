// Original file: proto/netd.proto


export interface StatusRequest {
}

export interface StatusRequest__Output {
}
