/** Serves the routes on which callers manage what is their own: matches paths, and sends long answers as fast as they are read. */

import type { CallerCall, CallerReply, CallerRoute } from '../core/caller-route.ts'
import { GatewayError } from '../core/error.ts'
import { json, type SideReply, type SideRequest, type SideRoute, type SideStream } from './side-routes.ts'

/** One side route for all rows that share the prefix: every request of the data path asks it once. */
export function callerSideRoute(prefix: string, rows: readonly CallerRoute[]): SideRoute {
  const compiled = rows.map((row) => ({ row, pattern: patternOf(row.path) }))
  return {
    matches: (path) => path.startsWith(prefix) && compiled.some(({ pattern }) => pattern.test(path)),
    methods: [...new Set(rows.map(({ method }) => method))],
    async answer(request) {
      const onPath = compiled.filter(({ pattern }) => pattern.test(request.path))
      const found = onPath.find(({ row }) => row.method === request.method)
      if (!found) {
        const methods = onPath.map(({ row }) => row.method).join(', ')
        throw new GatewayError('method_not_allowed', `This path accepts ${methods}.`)
      }
      const params = { ...found.pattern.exec(request.path)?.groups }
      return toSideReply(await found.row.run(toCall(request, params)))
    },
  }
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[A-Za-z0-9_.-]{1,128})')}$`)
}

function toCall(request: SideRequest, params: Readonly<Record<string, string>>): CallerCall {
  const { credential, clientAddress, query, header, json: read, form } = request
  return { credential, clientAddress, query, header, json: read, form, params }
}

export function toSideReply(reply: CallerReply): SideReply {
  if ('body' in reply) return json(reply.status ?? 200, reply.body)
  const { contentType, bytes, content } = reply
  const headers = {
    'content-type': contentType,
    ...(bytes !== undefined && { 'content-length': String(bytes) }),
  }
  return { status: 200, headers, body: '', stream: (stream) => void pour(content, stream) }
}

/** A reader that is slow slows the reading of the source; one that leaves ends it. */
async function pour(content: AsyncIterable<Uint8Array>, stream: SideStream): Promise<void> {
  let isClosed = false
  let proceed: (() => void) | undefined
  stream.onDrain(() => proceed?.())
  stream.onClose(() => {
    isClosed = true
    proceed?.()
  })
  try {
    for await (const chunk of content) {
      if (isClosed) return
      if (stream.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))) continue
      await new Promise<void>((resolve) => (proceed = resolve))
    }
    stream.end()
  } catch {
    // The head has gone out: a cut connection is the only way left to say that the content is not whole.
    stream.destroy()
  }
}
