type Named = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

/** Where an API server has an object. Plurals are those of the kinds that kavka makes. */
export function pathOfObject({ apiVersion, kind, metadata }: Named): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const plural = `${kind.toLowerCase()}s`.replace(/ys$/, 'ies')
  const { name, namespace } = metadata
  return `${root}/${namespace === undefined ? '' : `namespaces/${namespace}/`}${plural}/${name}`
}
