import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import type { KubeApiServer, KubeObject } from './kube-api-server.ts'

/** The files of crds/, as users apply them. */
export function readCrds(): { readonly file: string; readonly text: string }[] {
  const folder = join(import.meta.dirname, '../../crds')
  return readdirSync(folder).map((file) => ({
    file,
    text: readFileSync(join(folder, file), 'utf8'),
  }))
}

/** Applies all of them, and waits until they are served. @throws With what the API server says. */
export async function installCrds(kube: KubeApiServer): Promise<void> {
  for (const { file, text } of readCrds()) {
    const { metadata, spec } = parse(text) as {
      metadata: { name: string }
      spec: { group: string; names: { plural: string }; versions: { name: string }[] }
    }
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${metadata.name}`
    const applied = await kube.request(
      'PATCH',
      `${path}?fieldManager=test&fieldValidation=Strict`,
      {
        body: text,
        contentType: 'application/apply-patch+yaml',
      },
    )
    if (applied.status >= 300) throw new Error(`${file}: ${String(applied.body['message'])}`)
    const served = `/apis/${spec.group}/${spec.versions[0]?.name}/${spec.names.plural}`
    await until(async () => (await kube.request('GET', served)).status === 200, served)
    const warned = conditionsOf((await kube.request('GET', path)).body).filter(
      ({ type, status }) => type === 'NonStructuralSchema' && status === 'True',
    )
    if (warned.length > 0) throw new Error(`${file}: ${JSON.stringify(warned)}`)
  }
}

type Condition = { readonly type: string; readonly status: string; readonly message: string }

function conditionsOf({ status }: KubeObject): readonly Condition[] {
  return (status as { conditions?: Condition[] } | undefined)?.conditions ?? []
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + 30_000
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`not served: ${what}`)
    await sleep(50)
  }
}
