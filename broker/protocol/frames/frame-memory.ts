/**
 * The memory that received frames lie in, which is used again for others. A frame, and a batch that
 * is a view on one, stays as it is while its request is not answered, and for as long as somebody
 * holds its buffer. What nobody holds any more stays until the end of the turn: time enough for who
 * has just been given a view to hold it.
 */
export type FrameMemory = {
  /** Nothing is read into this buffer anew before as many releases. */
  hold(buffer: ArrayBufferLike): void
  release(buffer: ArrayBufferLike): void
}
