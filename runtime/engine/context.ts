import type { ContainerId } from "../container/container-id.ts";
import type { CreateSurroundings } from "../container/create-container.ts";
import type { ProgressListener } from "../image/progress.ts";
import { type Directories, type DirectoryOptions, openDirectories } from "../store/directories.ts";

/** What an engine is opened with. */
export interface EngineOptions extends DirectoryOptions {
  /**
   * Decides where things are kept (XDG_DATA_HOME, XDG_RUNTIME_DIR, HOME), which configuration is read, where cntnr-netd listens, and
   * what secrets and build arguments take from it. Default: this process's own. What is started gets this process's own.
   */
  readonly env?: NodeJS.ProcessEnv;
  /** Signature policy of images: a containers-policy.json(5), or `insecure` for none. Default: /etc/containers/policy.json. */
  readonly imagePolicy?: string;
  /** Told, in a sentence, what cannot be as it was asked for and is no error. Without it nobody is. */
  readonly onRemark?: (text: string) => void;
  /** Told, in a sentence, how things are done here, for people who wonder. */
  readonly onDetail?: (text: string) => void;
  /** When it is given, everything that waits ends, as by the signal of each call. */
  readonly signal?: AbortSignal;
}

/** For everything that takes time. */
export interface WaitOptions {
  /**
   * When it is given, the call is rejected with its reason, as soon as nothing is half done: what was begun is finished or undone before. An
   * iteration ends.
   */
  readonly signal?: AbortSignal;
}

export interface CreateOptions extends WaitOptions {
  /** Told of the pull, if the image has to be pulled. */
  readonly onProgress?: ProgressListener;
  /** Called when the container is made, and not yet started. */
  readonly onMade?: (id: ContainerId) => void;
}

/** What the parts of an engine share. */
export class EngineContext {
  readonly env: NodeJS.ProcessEnv;
  readonly imagePolicy: { readonly imagePolicy?: string };
  readonly onRemark: (text: string) => void;
  readonly onDetail: (text: string) => void;
  readonly #options: EngineOptions;
  #directories: Directories | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.env = options.env ?? process.env;
    this.imagePolicy = options.imagePolicy === undefined ? {} : { imagePolicy: options.imagePolicy };
    this.onRemark = options.onRemark ?? (() => undefined);
    this.onDetail = options.onDetail ?? (() => undefined);
  }

  /** Found and made when they are first asked for. Throws CntnrError. */
  get directories(): Directories {
    this.#directories ??= openDirectories(this.#options, this.env);
    return this.#directories;
  }

  /** The signals of the engine and of one call, as one. */
  signals({ signal }: WaitOptions): { readonly signal?: AbortSignal } {
    const own = this.#options.signal;
    const both = own && signal ? AbortSignal.any([own, signal]) : (signal ?? own);
    return both ? { signal: both } : {};
  }

  /** The same; throws the reason of one that was given already. */
  waiting(options: WaitOptions): { readonly signal?: AbortSignal } {
    const signals = this.signals(options);
    signals.signal?.throwIfAborted();
    return signals;
  }

  /** What making a container or a bundle needs beside the request. Throws as {@link waiting} does. */
  surroundings({ onProgress, onMade, ...options }: CreateOptions): CreateSurroundings {
    const { env, imagePolicy, onRemark, onDetail } = this;
    return {
      ...{ env, onRemark, onDetail },
      ...imagePolicy,
      ...(onProgress ? { onProgress } : {}),
      ...(onMade ? { onMade } : {}),
      ...this.waiting(options),
    };
  }
}
