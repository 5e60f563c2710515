/** Of the cluster whose parts tests and benchmarks start by themselves. */
export const clusterId = 'AAAAAAAAAAAAAAAAAAAAeA'
export const secret = Buffer.from('nobody may know this')
