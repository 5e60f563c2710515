/**
 * What a client may do, as Kafka tells it where nobody is refused anything: one bit for each
 * operation. Source: AclOperation and AclEntry.supportedOperations.
 */
const bit = {
  read: 1 << 3,
  write: 1 << 4,
  create: 1 << 5,
  delete: 1 << 6,
  alter: 1 << 7,
  describe: 1 << 8,
  clusterAction: 1 << 9,
  describeConfigs: 1 << 10,
  alterConfigs: 1 << 11,
  idempotentWrite: 1 << 12,
}

export const allOfTopic =
  bit.read |
  bit.write |
  bit.create |
  bit.delete |
  bit.alter |
  bit.describe |
  bit.describeConfigs |
  bit.alterConfigs

export const allOfCluster =
  bit.create |
  bit.alter |
  bit.describe |
  bit.clusterAction |
  bit.describeConfigs |
  bit.alterConfigs |
  bit.idempotentWrite
