import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { assets, type KubeApiServer, type KubeObject } from './kube-api-server.ts'

export const chart = join(import.meta.dirname, '../../charts/kavka')

const built = join(assets, 'helm')
const helm = existsSync(built) ? built : 'helm'

/** Why no chart can be tried, or undefined. */
export function whyNoHelm(): string | undefined {
  if (runHelm(['version']).status === 0) return undefined
  return 'no helm: run test/kube/install.sh, or have it on the path'
}

/** @returns What it says: errors too. */
export function runHelm(args: readonly string[]): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(helm, args, { encoding: 'utf8' })
  return { status, text: `${stdout}${stderr}` }
}

/** @throws With what helm says. */
export function runHelmOn(kube: KubeApiServer, args: readonly string[]): string {
  const { url, token, caFile } = kube.credentials
  const access = ['--kube-apiserver', url, '--kube-token', token, '--kube-ca-file', caFile]
  const { status, text } = runHelm([...args, '--namespace', 'kavka', ...access])
  if (status !== 0) throw new Error(text)
  return text
}

/** All objects of the chart, as the release `kavka` in the namespace `kavka`. @throws With what helm says. */
export function rendered(...values: readonly string[]): KubeObject[] {
  const set = [anyImage, ...values].flatMap((value) => ['--set', value])
  const { status, text } = runHelm(['template', 'kavka', chart, '--namespace', 'kavka', ...set])
  if (status !== 0) throw new Error(text)
  // The first document is empty: each template begins with its own mark.
  const documents = parseAllDocuments(text).map((document) => document.toJS() as KubeObject | null)
  return documents.filter((object) => object !== null)
}

export const anyImage = 'image.repository=registry.example/kavka'
