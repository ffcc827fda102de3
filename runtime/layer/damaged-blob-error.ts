import { CntnrError } from "../errors/cntnr-error.ts";

/** A blob whose bytes are not those of its digest: fetched again, it may be whole. */
export class DamagedBlobError extends CntnrError {
  constructor(
    readonly sha256: string,
    message: string,
  ) {
    super("corrupt", message);
  }
}
