import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const requests = 'kafkajs/src/protocol/requests'

type KafkajsResponse = { decode(body: Buffer): Promise<unknown> }
type KafkajsRequest = { encode(): Promise<{ buffer: Buffer }> }

/** kafkajs does not export its codec; these are its own files. */
export function kafkajsResponse(api: string, version: number): KafkajsResponse {
  return require(`${requests}/${api}/v${version}/response`)
}

export function kafkajsRequest(api: string, version: number): (input: object) => KafkajsRequest {
  return require(`${requests}/${api}/v${version}/request`)
}
