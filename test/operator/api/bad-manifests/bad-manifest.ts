/**
 * A manifest with one thing wrong with it. It is data, so that the same can be shown to an API server.
 */
export type BadManifest = {
  /** Completes "refused: ...". */
  readonly name: string
  readonly yaml: string
  /** What the resource was before, where the mistake is in the change. */
  readonly before?: string
  readonly expected: {
    /** Of `yaml`, from 1. */
    readonly line: number
    /** Left out: the document as a whole. */
    readonly field?: string
    readonly reason: string
    /** What an API server says where it does not name the field. */
    readonly apiServerSays?: string
  }
}

/** A Topic whose spec goes on with these lines; they begin on line 6. */
export function topic(...lines: string[]): string {
  return manifest('Topic', ['clusterRef: {name: demo}', ...lines])
}

/** A KafkaCluster whose spec has these lines; they begin on line 5. */
export function cluster(...lines: string[]): string {
  return manifest('KafkaCluster', lines)
}

function manifest(kind: string, lines: readonly string[]): string {
  const head = [
    'apiVersion: kavka.dev/v1alpha1',
    `kind: ${kind}`,
    'metadata: {name: demo}',
    'spec:',
  ]
  return [...head, ...lines.map((line) => `  ${line}`), ''].join('\n')
}
