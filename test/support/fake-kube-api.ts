import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { ApiServer } from '../../operator/kube/api/access/api-server.ts'
import type { JsonPatchOperation } from '../../operator/kube/api/requests/kube-object.ts'

export type FakeObject = {
  metadata: { name: string; namespace: string; uid: string; resourceVersion: string }
  [field: string]: unknown
}

export type FakeRequest = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

type Change = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; collection: string; object: FakeObject }
type Watcher = { collection: string; name: string | undefined; answer: ServerResponse }

/**
 * As much of an API server as a client needs to be tried: objects with versions, paged lists, watches,
 * patches, preconditions. It believes everybody.
 */
export class FakeKubeApi {
  /** All that was asked. */
  readonly requests: FakeRequest[] = []
  /** Instead of an answer: undefined goes on as usual, and `hang` never answers. */
  intercept: (
    request: FakeRequest,
  ) => { status: number; body: unknown; headers?: Record<string, string> } | 'hang' | undefined =
    () => undefined
  connections = 0
  private version = 100
  private oldest = 0
  private objects = new Map<string, Map<string, FakeObject>>()
  private changes: Change[] = []
  private readonly pages = new Map<string, { version: number; rest: FakeObject[] }>()
  private readonly watchers = new Set<Watcher>()
  private readonly server = createServer((asked, answer) => void this.serve(asked, answer))

  private constructor() {
    this.server.on('connection', () => this.connections++)
  }

  static async start(): Promise<FakeKubeApi> {
    const fake = new FakeKubeApi()
    await once(fake.server.listen(0, '127.0.0.1'), 'listening')
    return fake
  }

  get access(): ApiServer {
    const { port } = this.server.address() as AddressInfo
    const credentials = { tls: {}, headers: {} }
    return { url: `http://127.0.0.1:${port}`, credentials: async () => credentials }
  }

  /** The object of that path, as somebody else writes it. */
  put(path: string, content: Record<string, unknown>): FakeObject {
    const { collection, name, namespace } = split(path)
    const before = this.in(collection).get(name)
    const uid = before?.metadata.uid ?? randomUUID()
    const resourceVersion = String(++this.version)
    const managedFields = [{ manager: 'somebody' }]
    const metadata = { ...(content['metadata'] as object), name, namespace, uid, managedFields }
    const object = { ...content, metadata: { ...metadata, resourceVersion } }
    this.in(collection).set(name, object)
    this.change({ type: before === undefined ? 'ADDED' : 'MODIFIED', collection, object })
    return object
  }

  remove(path: string): void {
    const { collection, name } = split(path)
    const before = this.in(collection).get(name)
    if (before === undefined) return
    this.in(collection).delete(name)
    const metadata = { ...before.metadata, resourceVersion: String(++this.version) }
    this.change({ type: 'DELETED', collection, object: { ...before, metadata } })
  }

  get(path: string): FakeObject | undefined {
    const { collection, name } = split(path)
    return this.in(collection).get(name)
  }

  all(collection: string): FakeObject[] {
    return [...this.in(collection).values()]
  }

  /** Forgets all changes up to now: who goes on from before has to list. */
  compact(): void {
    this.oldest = this.version
    this.changes = []
  }

  /** Another etcd, with what is there now, whose versions have not come so far. */
  restoreWithVersion(version: number): void {
    this.version = version
    this.oldest = version
    this.changes = []
    this.endWatches()
  }

  /** In order, as an API server does after a while. */
  endWatches(): void {
    for (const { answer } of this.watchers) answer.end()
    this.watchers.clear()
  }

  get openWatches(): number {
    return this.watchers.size
  }

  bookmark(): void {
    for (const { answer } of this.watchers) this.bookmarkTo(answer)
  }

  /** How often something was asked, by verb: `watch` and `list` are told apart. */
  count(verb: string): number {
    return this.requests.filter((request) => verbOf(request) === verb).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => void this.server.close(resolve))
  }

  private async serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { pathname: path, searchParams: query } = new URL(asked.url ?? '/', 'http://fake')
    const { method = 'GET', headers } = asked
    const request = { method, path, query, headers, body: await text(asked) }
    this.requests.push(request)
    const instead = this.intercept(request)
    if (instead === 'hang') return
    if (instead !== undefined) return send(answer, instead.status, instead.body, instead.headers)
    if (method === 'POST') this.create(path, JSON.parse(request.body), answer)
    else if (verbOf(request) === 'watch') this.watch(path, query, answer)
    else if (verbOf(request) === 'list') this.list(path, query, answer)
    else this.one(request, answer)
  }

  private one({ method, path, headers, body }: FakeRequest, answer: ServerResponse): void {
    const plain = path.replace(/\/status$/, '')
    const before = this.get(plain)
    const type = headers['content-type'] ?? ''
    if (before === undefined && !type.includes('apply-patch')) return fail(answer, 404, 'NotFound')
    if (method === 'GET') return send(answer, 200, before)
    const content = JSON.parse(body)
    if (method === 'DELETE') {
      const { uid, resourceVersion } = content.preconditions
      const isOther = uid !== before?.metadata.uid
      const isNewer = ![undefined, before?.metadata.resourceVersion].includes(resourceVersion)
      if (isOther || isNewer) return fail(answer, 409, 'Conflict')
      this.remove(plain)
      return send(answer, 200, { kind: 'Status', status: 'Success' })
    }
    if (type.includes('json-patch')) {
      const patched = patchedBy(before as FakeObject, content)
      if (patched === undefined) return fail(answer, 422, 'Invalid')
      return send(answer, 200, this.put(plain, patched))
    }
    const version = content.metadata?.resourceVersion
    if (version !== undefined && version !== before?.metadata.resourceVersion) {
      return fail(answer, 409, 'Conflict')
    }
    send(answer, 200, this.put(plain, merged(before ?? {}, content) as Record<string, unknown>))
  }

  private create(collection: string, content: FakeObject, answer: ServerResponse): void {
    const { name, generateName } = content.metadata as { name?: string; generateName?: string }
    const path = `${collection}/${name ?? `${generateName}${randomUUID().slice(0, 5)}`}`
    if (this.get(path) !== undefined) return fail(answer, 409, 'AlreadyExists')
    send(answer, 201, this.put(path, content))
  }

  private list(collection: string, query: URLSearchParams, answer: ServerResponse): void {
    const token = query.get('continue')
    const page = token === null ? undefined : this.pages.get(token)
    if (token !== null && (page === undefined || page.version < this.oldest)) {
      return fail(answer, 410, 'Expired')
    }
    const name = wantedName(query)
    const all = [...this.in(collection).values()].filter(({ metadata }) => {
      return name === undefined || metadata.name === name
    })
    const { version, rest } = page ?? { version: this.version, rest: all }
    const limit = Number(query.get('limit') ?? Infinity)
    const left = rest.slice(limit)
    const next = left.length === 0 ? '' : randomUUID()
    if (next !== '') this.pages.set(next, { version, rest: left })
    const metadata = { resourceVersion: String(version), continue: next }
    send(answer, 200, { metadata, items: rest.slice(0, limit) })
  }

  private watch(collection: string, query: URLSearchParams, answer: ServerResponse): void {
    const from = Number(query.get('resourceVersion'))
    const watcher = { collection, name: wantedName(query), answer }
    answer.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    if (from < this.oldest) {
      const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }
      return void answer.end(`${JSON.stringify({ type: 'ERROR', object })}\n`)
    }
    answer.on('close', () => this.watchers.delete(watcher))
    // From a version to come: as the real one, it says nothing at all.
    if (from > this.version) return
    this.watchers.add(watcher)
    for (const change of this.changes) {
      if (Number(change.object.metadata.resourceVersion) > from) tell(watcher, change)
    }
    this.bookmarkTo(answer)
  }

  private bookmarkTo(answer: ServerResponse): void {
    const object = { metadata: { resourceVersion: String(this.version) } }
    answer.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`)
  }

  private change(change: Change): void {
    this.changes.push(change)
    for (const watcher of this.watchers) tell(watcher, change)
  }

  private in(collection: string): Map<string, FakeObject> {
    const found = this.objects.get(collection) ?? new Map<string, FakeObject>()
    this.objects.set(collection, found)
    return found
  }
}

function tell({ collection, name, answer }: Watcher, change: Change): void {
  const { type, object } = change
  if (change.collection !== collection) return
  if (name !== undefined && object.metadata.name !== name) return
  answer.write(`${JSON.stringify({ type, object })}\n`)
}

function verbOf({ method, path, query }: FakeRequest): string {
  if (method !== 'GET') return method.toLowerCase()
  if (query.get('watch') === 'true') return 'watch'
  return path.split('/').length === lengthOfList(path) ? 'list' : 'get'
}

/** Of `/api/v1/namespaces/NAMESPACE/PLURAL` and `/apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL`. */
function lengthOfList(path: string): number {
  return path.startsWith('/api/') ? 6 : 7
}

function split(path: string): { collection: string; namespace: string; name: string } {
  const parts = path.split('/')
  const name = parts.pop() as string
  return { collection: parts.join('/'), namespace: parts[lengthOfList(path) - 2] ?? '', name }
}

function wantedName(query: URLSearchParams): string | undefined {
  return /^metadata\.name=(.*)$/.exec(query.get('fieldSelector') ?? '')?.[1]
}

function merged(before: unknown, patch: unknown): unknown {
  if (!isPlain(patch)) return patch
  const result = { ...(isPlain(before) ? before : {}) }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = merged(result[name], value)
  }
  return result
}

/** Undefined: an operation did not fit. */
function patchedBy(before: FakeObject, operations: readonly JsonPatchOperation[]) {
  const object = structuredClone(before)
  for (const operation of operations) {
    const way = operation.path.split('/').slice(1)
    const last = way.pop() as string
    let at: unknown = object
    for (const name of way) at = isPlain(at) ? at[name] : undefined
    if (!isPlain(at)) return undefined
    if (operation.op !== 'add' && !(last in at)) return undefined
    if (operation.op === 'remove') delete at[last]
    else if (operation.op !== 'test') at[last] = operation.value
    else if (JSON.stringify(at[last]) !== JSON.stringify(operation.value)) return undefined
  }
  return object
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function send(
  answer: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  answer.writeHead(status, { 'content-type': 'application/json', ...headers })
  answer.end(JSON.stringify(body))
}

function fail(answer: ServerResponse, code: number, reason: string): void {
  send(answer, code, { kind: 'Status', code, reason, message: reason, details: {} })
}
