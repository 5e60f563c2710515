import { runTools } from './java.ts'

const tools = {
  acls: 'org.apache.kafka.tools.AclCommand',
  cluster: 'org.apache.kafka.tools.ClusterTool',
  configs: 'kafka.admin.ConfigCommand',
  consoleConsumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  consoleProducer: 'org.apache.kafka.tools.ConsoleProducer',
  deleteRecords: 'org.apache.kafka.tools.DeleteRecordsCommand',
  dumpLog: 'org.apache.kafka.tools.DumpLogSegments',
  features: 'org.apache.kafka.tools.FeatureCommand',
  elections: 'org.apache.kafka.tools.LeaderElectionCommand',
  groups: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  logDirs: 'org.apache.kafka.tools.LogDirsCommand',
  offsets: 'org.apache.kafka.tools.GetOffsetShell',
  produce: 'org.apache.kafka.tools.ProducerPerformance',
  quorum: 'org.apache.kafka.tools.MetadataQuorumCommand',
  reassign: 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  topics: 'org.apache.kafka.tools.TopicCommand',
  transactions: 'org.apache.kafka.tools.TransactionsCommand',
  verifiableConsumer: 'org.apache.kafka.tools.VerifiableConsumer',
} as const

/**
 * Runs tools in this order, in one process. In a line @ is where they connect to, and what stands
 * behind ` < ` they get on stdin.
 *
 * @returns What each said.
 */
export async function runLines(
  bootstrapServers: string,
  lines: readonly string[],
): Promise<string[]> {
  const runs = await runTools(lines.map((line) => wordsOf(line, bootstrapServers)))
  return runs.map(({ code, output }) => (code === 0 ? output : `failed: ${output}`))
}

function wordsOf(line: string, bootstrapServers: string): string[] {
  const [command = '', input = ''] = line.split(' < ')
  const [tool, ...args] = command.split(' ')
  const server = ['--bootstrap-server', bootstrapServers]
  return [
    tools[tool as keyof typeof tools],
    ...args.flatMap((word) => (word === '@' ? server : [word])),
    `<${input}`,
  ]
}
