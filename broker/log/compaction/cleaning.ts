/** What a log tells the one who cleans it. */
export type Cleaning = {
  /** The log was cut off or closed since it began: what was read of it may not be there any more. */
  isCancelled: boolean
}
