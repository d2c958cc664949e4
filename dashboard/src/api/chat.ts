/** Asks a model through the gateway's own front door, as any client does, and gives the answer as it comes. */

import { ApiError } from './client.ts'
import { eventsOf } from './event-stream.ts'

export interface ChatRequest {
  readonly model: string
  readonly messages: readonly { readonly role: 'system' | 'user'; readonly content: string }[]
  readonly temperature?: number
  readonly maxTokens?: number
}

export interface ChatUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
}

export type ChatEvent =
  | { readonly type: 'opened'; readonly requestId: string; readonly answeredBy: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'usage'; readonly usage: ChatUsage }

interface Chunk {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string | null; readonly reasoning_content?: string | null }
  }[]
  readonly usage?: ChatUsage | null
  readonly error?: { readonly code?: string; readonly message?: string }
}

/** Throws ApiError. */
export async function* chat(
  { model, messages, temperature, maxTokens }: ChatRequest,
  { secret, signal }: { readonly secret: string; readonly signal: AbortSignal },
): AsyncGenerator<ChatEvent> {
  const response = await fetch('/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    signal,
    body: JSON.stringify({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true },
      ...(temperature !== undefined && { temperature }),
      ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    }),
  })
  const header = (name: string) => response.headers.get(name) ?? ''
  const requestId = header('x-weir-request-id')
  if (!response.ok || !response.body) {
    const body = (await response.json().catch(() => ({}))) as Chunk
    throw faultOf(body, response)
  }
  const provider = header('x-weir-provider')
  yield { type: 'opened', requestId, answeredBy: provider && `${provider}/${header('x-weir-model')}` }
  for await (const data of eventsOf(response.body)) {
    if (data === '[DONE]') return
    const chunk = JSON.parse(data) as Chunk
    if (chunk.error) throw faultOf(chunk, response)
    const text = chunk.choices?.[0]?.delta?.content
    if (text) yield { type: 'text', text }
    if (chunk.usage) yield { type: 'usage', usage: chunk.usage }
  }
}

function faultOf({ error }: Chunk, { status, headers }: Response): ApiError {
  const message = error?.message ?? `The gateway answered ${status}; the API may listen at another address.`
  return new ApiError(status, error?.code ?? 'unknown', message, headers)
}
