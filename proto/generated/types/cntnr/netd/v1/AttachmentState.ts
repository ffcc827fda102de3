// Original file: proto/netd.proto

export const AttachmentState = {
  ATTACHMENT_STATE_UNSPECIFIED: 'ATTACHMENT_STATE_UNSPECIFIED',
  ATTACHMENT_STATE_ATTACHING: 'ATTACHMENT_STATE_ATTACHING',
  ATTACHMENT_STATE_ATTACHED: 'ATTACHMENT_STATE_ATTACHED',
  /**
   * A detach is under way, or is being tried again.
   */
  ATTACHMENT_STATE_DETACHING: 'ATTACHMENT_STATE_DETACHING',
} as const;

export type AttachmentState =
  | 'ATTACHMENT_STATE_UNSPECIFIED'
  | 0
  | 'ATTACHMENT_STATE_ATTACHING'
  | 1
  | 'ATTACHMENT_STATE_ATTACHED'
  | 2
  /**
   * A detach is under way, or is being tried again.
   */
  | 'ATTACHMENT_STATE_DETACHING'
  | 3

export type AttachmentState__Output = typeof AttachmentState[keyof typeof AttachmentState]
