/**
 * What may be done with a resource, as bits by the numbers of Kafka's AclOperation. Where nobody is
 * authorized, anybody may do all. Source: AclEntry.supportedOperations.
 */
export const allTopicOperations = bits([3, 4, 5, 6, 7, 8, 10, 11])
export const allClusterOperations = bits([5, 7, 8, 9, 10, 11, 12])

function bits(operations: readonly number[]): number {
  return operations.reduce((sum, operation) => sum | (1 << operation), 0)
}
