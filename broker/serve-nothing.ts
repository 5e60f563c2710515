import type { MakeServing } from './serving.ts'

/** In the place of partitions and handlers, until they are there: whoever asks is sent away. */
export const serveNothing: MakeServing = () => ({
  handle: (_, connection) => connection.begin().close('NoHandlers'),
  apply() {},
  maintained: () => [],
  onFlushed() {},
  drain() {},
  stop() {},
})
