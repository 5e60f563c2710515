/** A kind of resource, as paths need it. The tables of ours are such. */
export type Kind = {
  /** Such as `v1` or `apps/v1`. */
  readonly apiVersion: string
  readonly kind: string
  /** As it stands in a path, such as `statefulsets`. */
  readonly plural: string
}

/** Where an object is. */
export type Place = {
  /** Left out: it belongs to the whole cluster; of a collection, all namespaces. */
  readonly namespace?: string | undefined
  readonly name: string
  /** Such as `status`. */
  readonly subresource?: string | undefined
}

/** What stands behind the `?`. What is undefined is left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** `/apis/kavka.dev/v1alpha1/namespaces/default/topics?limit=500` */
export function collectionPath(
  { apiVersion, plural }: Kind,
  namespace: string | undefined,
  query: Query = {},
): string {
  const root = apiVersion.includes('/') ? 'apis' : 'api'
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  return `/${root}/${apiVersion}${within}/${plural}${queryText(query)}`
}

/** `/apis/kavka.dev/v1alpha1/namespaces/default/topics/orders/status?fieldManager=kavka` */
export function objectPath(kind: Kind, place: Place, query: Query = {}): string {
  const { namespace, name, subresource } = place
  const below = subresource === undefined ? '' : `/${subresource}`
  const all = collectionPath(kind, namespace)
  return `${all}/${encodeURIComponent(name)}${below}${queryText(query)}`
}

function queryText(query: Query): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value))
  }
  return parameters.size === 0 ? '' : `?${parameters}`
}
