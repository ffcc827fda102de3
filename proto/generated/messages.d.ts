interface MessageCodec {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  fromObject(message: object): object;
  toObject(message: object, options: object): object;
}
export const cntnr: { netd: { v1: Readonly<Record<string, MessageCodec | undefined>> } };
