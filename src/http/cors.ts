/** Cross-origin requests of pages: for keys that were made for browsers, from configured origins, and for nothing else. */

import type { IncomingMessage, ServerResponse } from 'node:http'

const browserKey = /^(?:bearer )?weirb_/i
/** What the official SDKs send from a browser, and our own. */
const allowedHeader =
  /^(?:authorization|content-type|x-api-key|api-key|x-goog-api-key|accept|idempotency-key|anthropic-[a-z-]+|openai-[a-z-]+|x-stainless-[a-z-]+|x-goog-api-client|x-weir-[a-z-]+)$/
const exposed =
  'x-weir-request-id, x-weir-provider, x-weir-model, x-weir-cost-usd, x-weir-dropped, retry-after'
const preflightSeconds = 600

/**
 * Answers a preflight, and is then true. Otherwise it lets the page read the answer where a browser's key is presented:
 * a long-lived key that has got into a page finds no answer there.
 */
export function answerCors(
  origins: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { origin } = request.headers
  if (origin === undefined || !origins.includes(origin)) return false
  if (!/^\/(?:v1|v1beta)\//.test(request.url ?? '')) return false
  response.setHeader('vary', 'origin')
  const asked = request.headers['access-control-request-method']
  if (request.method === 'OPTIONS' && asked !== undefined) {
    const names = (request.headers['access-control-request-headers'] ?? '').split(',')
    const allowed = names.map((name) => name.trim().toLowerCase()).filter((name) => allowedHeader.test(name))
    response.writeHead(204, {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': allowed.join(', '),
      'access-control-max-age': String(preflightSeconds),
    })
    response.end()
    return true
  }
  const {
    authorization,
    'x-api-key': apiKey,
    'api-key': azureKey,
    'x-goog-api-key': googleKey,
  } = request.headers
  if (
    [authorization, apiKey, azureKey, googleKey].some(
      (value) => typeof value === 'string' && browserKey.test(value),
    )
  ) {
    response.setHeader('access-control-allow-origin', origin)
    response.setHeader('access-control-expose-headers', exposed)
  }
  return false
}
