import { resolve } from 'node:path'
import { readTopicOptions, wholeNumber } from '../read-options.ts'
import { defaultDataDirectory } from '../up/arguments.ts'
import { UsageError } from '../usage-error.ts'

export type WhyArguments = {
  readonly topic: string
  /** Undefined: all of them. */
  readonly partition: number | undefined
  readonly place: LogPlace
  readonly json: boolean
}

/** Where the metadata log is. */
export type LogPlace =
  /** The cluster is `name` or `namespace/name`; undefined: the only one. */
  | {
      readonly type: 'directory'
      readonly dataDirectory: string
      readonly cluster: string | undefined
    }
  | { readonly type: 'kubernetes'; readonly namespace: string; readonly cluster: string }

export const whyUsage = `usage: kavka why TOPIC[/PARTITION] [OPTIONS]

What happened to a topic, or to one partition of it, and why: who led, who was in sync, what was moved and set,
the oldest first. Where a broker was lost, the steps of the failover with their times. It is read from the metadata log,
and goes back to the newest snapshot of that.

  --data-dir DIR    of 'kavka up' (${defaultDataDirectory()} below the current directory)
  --cluster NAME    or NAMESPACE/NAME, where 'kavka up' has several
  --namespace NS    a cluster on Kubernetes, which --cluster names, as kubectl finds it (KUBECONFIG). The steps of
                    failovers are in the log of the operator there
  --json            all of it, for programs
  --help            print this`

/** @throws {UsageError} */
export function parseWhyArguments(args: readonly string[]): WhyArguments {
  const text = { type: 'string' } as const
  const { topic: what, values } = readTopicOptions(args, {
    'data-dir': text,
    cluster: text,
    namespace: text,
    json: { type: 'boolean', default: false },
  })
  const [topic = '', partition, ...more] = what.split('/') // no name of a topic has one
  if (topic === '' || more.length > 0) {
    throw new UsageError(`say TOPIC or TOPIC/PARTITION, found "${what}"`)
  }
  return {
    topic,
    partition: partition === undefined ? undefined : wholeNumber('the partition', partition),
    place: placeOf(values),
    json: values.json,
  }
}

function placeOf(values: {
  'data-dir'?: string | undefined
  cluster?: string | undefined
  namespace?: string | undefined
}): LogPlace {
  const { cluster, namespace, 'data-dir': directory } = values
  if (namespace === undefined) {
    return {
      type: 'directory',
      dataDirectory: resolve(directory ?? defaultDataDirectory()),
      cluster,
    }
  }
  if (directory !== undefined) throw new UsageError('--namespace or --data-dir, not both')
  if (cluster === undefined) throw new UsageError('--namespace takes --cluster too')
  return { type: 'kubernetes', namespace, cluster }
}
