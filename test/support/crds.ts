import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import type { KubeAnswer, KubeApiServer, KubeObject } from './kube-api-server.ts'

/** The files of crds/, as users apply them. */
export function readCrds(): { readonly file: string; readonly text: string }[] {
  const folder = join(import.meta.dirname, '../../crds')
  return readdirSync(folder).map((file) => ({
    file,
    text: readFileSync(join(folder, file), 'utf8'),
  }))
}

/** An API server that knows our resources. @throws With what it says of a CRD that it does not take. */
export async function startWithCrds(start: () => Promise<KubeApiServer>): Promise<KubeApiServer> {
  const kube = await start()
  try {
    for (const { file, text } of readCrds()) await install(kube, file, text)
  } catch (error) {
    await kube[Symbol.asyncDispose]()
    throw error
  }
  return kube
}

/** The path of all resources of a kind, or of one. */
export function pathOf(plural: string, name?: string): string {
  const all = `/apis/kavka.dev/v1alpha1/namespaces/default/${plural}`
  return name === undefined ? all : `${all}/${name}`
}

/** As `kubectl apply` does with a resource that is not there yet, but nothing is kept. */
export function tryCreate(
  kube: KubeApiServer,
  plural: string,
  resource: KubeObject | string,
): Promise<KubeAnswer> {
  const contentType = typeof resource === 'string' ? 'application/yaml' : 'application/json'
  const path = `${pathOf(plural)}?fieldValidation=Strict&dryRun=All`
  return kube.request('POST', path, { body: resource, contentType })
}

/** Server-side apply: it makes the resource, or makes it what is said. */
export function apply(
  kube: KubeApiServer,
  plural: string,
  name: string,
  resource: KubeObject | string,
): Promise<KubeAnswer> {
  const path = `${pathOf(plural, name)}?fieldValidation=Strict&fieldManager=test&force=true`
  return kube.request('PATCH', path, {
    body: resource,
    contentType: 'application/apply-patch+yaml',
  })
}

export type Cause = { readonly field: string; readonly message: string }

/** What exactly is wrong, where it is known; without the remark that rules were not asked then. */
export function causesOf({ body }: KubeAnswer): Cause[] {
  const { causes = [] } = (body['details'] ?? {}) as { causes?: Cause[] }
  return causes.filter(({ message }) => !message.includes('some validation rules were not checked'))
}

async function install(kube: KubeApiServer, file: string, text: string): Promise<void> {
  const { metadata, spec } = parse(text) as {
    metadata: { name: string }
    spec: { names: { plural: string } }
  }
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${metadata.name}`
  const applied = await kube.request('PATCH', `${path}?fieldValidation=Strict&fieldManager=test`, {
    body: text,
    contentType: 'application/apply-patch+yaml',
  })
  if (applied.status >= 300) throw new Error(`${file}: ${String(applied.body['message'])}`)
  const endMs = performance.now() + 30_000
  while ((await kube.request('GET', pathOf(spec.names.plural))).status !== 200) {
    if (performance.now() > endMs) throw new Error(`${file} is not served`)
    await sleep(50)
  }
}
