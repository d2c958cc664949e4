/** One call to one target: what it has said so far, how long it took, and what it cost. */

import { useCallback, useEffect, useRef, useState } from 'react'
import { chat, type ChatRequest } from '../api/chat.ts'
import { ApiError, ask } from '../api/client.ts'
import { useTestKey } from '../api/test-key.ts'

export interface Trial {
  readonly state: 'idle' | 'running' | 'done' | 'stopped' | 'failed'
  readonly text: string
  readonly requestId?: string
  readonly answeredBy?: string
  readonly firstTokenMs?: number
  readonly totalMs?: number
  readonly inputTokens?: number
  readonly outputTokens?: number
  /** From the ledger. */
  readonly costUsd?: number
  readonly fault?: string
}

export interface TrialControl {
  readonly trial: Trial
  run(request: ChatRequest): void
  stop(): void
}

const blank: Trial = { state: 'idle', text: '' }

export function useTrial(): TrialControl {
  const key = useTestKey()
  const [trial, setTrial] = useState<Trial>(blank)
  const abort = useRef<AbortController>(undefined)
  const stop = useCallback(() => abort.current?.abort(), [])
  useEffect(() => stop, [stop])
  const run = useCallback(
    (request: ChatRequest) => {
      abort.current?.abort()
      const control = new AbortController()
      abort.current = control
      const tell = (change: Partial<Trial>) => {
        // A call that was stopped for the next one has nothing more to say.
        if (abort.current === control) setTrial((before) => ({ ...before, ...change }))
      }
      setTrial({ ...blank, state: 'running' })
      void key
        .secret()
        .then((secret) => follow(request, { secret, signal: control.signal }, tell))
        .catch((error: unknown) => {
          if (control.signal.aborted) return tell({ state: 'stopped' })
          tell({ state: 'failed', ...faultOf(error) })
        })
    },
    [key],
  )
  return { trial, run, stop }
}

async function follow(
  request: ChatRequest,
  by: { readonly secret: string; readonly signal: AbortSignal },
  tell: (change: Partial<Trial>) => void,
): Promise<void> {
  const startMs = performance.now()
  let text = ''
  let requestId: string | undefined
  for await (const event of chat(request, by)) {
    if (event.type === 'opened') {
      requestId = event.requestId
      tell({ requestId, answeredBy: event.answeredBy })
    } else if (event.type === 'text') {
      if (text === '') tell({ firstTokenMs: performance.now() - startMs })
      text += event.text
      tell({ text })
    } else {
      tell({ inputTokens: event.usage.prompt_tokens, outputTokens: event.usage.completion_tokens })
    }
  }
  tell({ state: 'done', totalMs: performance.now() - startMs })
  if (requestId === undefined) return
  const { data } = await ask('GET /ledger', { query: { request: requestId } })
  tell({ costUsd: data.reduce((sum, line) => sum + Number(line.charged_usd), 0) })
}

function faultOf(error: unknown): { fault: string; requestId?: string } {
  if (!(error instanceof ApiError)) return { fault: 'The connection broke.' }
  return { fault: error.message, ...(error.requestId && { requestId: error.requestId }) }
}
