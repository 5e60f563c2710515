/** Kafka's name of the metadata log: in a data directory its copy lies beside the partitions. */
export const metadataTopic = '__cluster_metadata'
/** Kafka's id of it. */
export const metadataTopicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
