/**
 * Goes on when the HTTP/2 layer throws because a stream is gone that an answer is for. grpc-js answers what it refuses from
 * within events of the stream, where nobody else can catch it: a client that sends too long a message and resets its
 * stream at once ended the front, and with five of those in a minute the service (Q2). Only that one call is lost,
 * which its caller has given up.
 * @param onFault told of everything else, which ends the process as it would without this
 */
export function outliveLostStreams(onFault: (error: unknown) => void): void {
  const judge = (error: unknown) => {
    if (!isOfLostStream(error)) onFault(error);
  };
  process.on("uncaughtException", judge);
  process.on("unhandledRejection", judge);
}

/** The stream has been destroyed, or has its headers or its trailers already: the errors of Node's HTTP/2 for these. */
const lost: readonly unknown[] = [
  "ERR_HTTP2_INVALID_STREAM",
  "ERR_HTTP2_HEADERS_SENT",
  "ERR_HTTP2_TRAILERS_ALREADY_SENT",
  "ERR_HTTP2_TRAILERS_NOT_READY",
  "ERR_HTTP2_INVALID_SESSION",
];

function isOfLostStream(error: unknown): boolean {
  return error instanceof Error && "code" in error && lost.includes(error.code);
}
