import type { Socket } from 'node:net'
import { type ApiName, apiOf } from '../../../broker/protocol/apis.ts'
import { unsupportedApiVersions } from '../../../broker/protocol/frames/api-versions.ts'
import { FrameReader } from '../../../broker/protocol/frames/frame-reader.ts'
import {
  isKnownVersion,
  type ReceivedRequest,
  readRequest,
  readRequestBody,
} from '../../../broker/protocol/frames/request.ts'
import { encodeResponse } from '../../../broker/protocol/frames/response.ts'
import { toBytes } from '../parts.ts'
import { apiVersionsRange } from './advertised.ts'
import { type Answers, answers, type StubContext } from './answers.ts'
import { groupAnswers } from './group-answers.ts'

/** A request as it came. */
export type StubRequest = {
  readonly api: ApiName
  readonly version: number
  readonly clientId: string | null
  /** Without its size. */
  readonly frame: Uint8Array
}

/**
 * Answers the requests of one connection in their order.
 *
 * @returns Rejects if one cannot be answered, which is a fault of the stub or of the test; is
 *   fulfilled when the client or the stub closes.
 */
export async function serveConnection(
  socket: Socket,
  context: Omit<StubContext, 'version' | 'clientId'>,
  onRequest: (request: StubRequest) => void,
): Promise<void> {
  let frames: Uint8Array[] = []
  const reader = new FrameReader({ maxFrameBytes: 100_000_000 }, (frame) => frames.push(frame))
  try {
    for await (const chunk of socket) {
      reader.push(chunk as Buffer)
      const received = frames
      frames = []
      for (const frame of received) {
        const request = readRequest(frame)
        const { version, clientId } = request
        onRequest({ api: request.api.name, version, clientId, frame: new Uint8Array(frame) })
        const answer = await answerTo(request, { ...context, version, clientId })
        if (answer !== undefined) socket.write(answer)
      }
    }
  } catch (error) {
    if (!isHangUp(error)) throw error
  } finally {
    socket.destroy()
  }
}

async function answerTo(
  request: ReceivedRequest,
  context: StubContext,
): Promise<Uint8Array | undefined> {
  const { api, version, correlationId } = request
  if (api.name === 'ApiVersions' && !isKnownVersion(api, version)) {
    return toBytes(unsupportedApiVersions(correlationId, apiVersionsRange))
  }
  const answer = allAnswers[api.name] as
    | ((request: unknown, context: StubContext) => unknown)
    | undefined
  if (answer === undefined) throw new Error(`the stub has no answer to ${api.name} v${version}`)
  const body = await answer(readRequestBody(api.name, request), context)
  if (body === undefined) return undefined
  return toBytes(encodeResponse(apiOf(api.name).name, version, correlationId, body as never))
}

const allAnswers: Answers = { ...answers, ...groupAnswers }

/** Whether the connection ended as connections do: by the peer, or by closing the stub. */
function isHangUp(error: unknown): boolean {
  const { code, name } = error as NodeJS.ErrnoException
  return (
    name === 'AbortError' ||
    ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(code ?? '')
  )
}
