/** Begins the playground with what a request asked, where that is recorded: its id is in the address, its words are not. */

import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { ask, type Item } from '../api/client.ts'
import { useMay } from '../session/me.ts'

export interface Draft {
  readonly system: string
  readonly user: string
  readonly temperature: number | string
  readonly maxTokens: number | string
}

interface Turn {
  readonly role?: unknown
  readonly parts?: readonly { readonly type?: unknown; readonly text?: unknown }[]
}

/** `note` says why it could not, or what of it is left out. `put` is called once. */
export function useRecordedDraft(
  id: string | undefined,
  put: (draft: Draft) => void,
): { readonly note: string | undefined } {
  const may = useMay('GET /payloads')
  const payload = useQuery({
    queryKey: ['payload', id],
    queryFn: ({ signal }) => ask('GET /payloads', { query: { id }, signal }),
    enabled: may && id !== undefined,
    staleTime: 60_000,
  })
  const kept = payload.data?.data[0]
  const draft = kept && draftOf(kept)
  const isPut = useRef(false)
  useEffect(() => {
    if (!draft || isPut.current) return
    isPut.current = true
    put(draft)
  })
  if (id === undefined) return { note: undefined }
  if (!may) return { note: 'Your role does not read prompts: write the message anew.' }
  if (payload.data && !draft) return { note: `The prompt of ${id} is not recorded: write the message anew.` }
  if (kept && turnsOf(kept).length > 2)
    return { note: 'Of the conversation, the system prompt and the last message are taken.' }
  return { note: undefined }
}

function turnsOf({ request }: Item<'GET /payloads'>): readonly Turn[] {
  const turns = request?.['turns']
  return Array.isArray(turns) ? (turns as Turn[]) : []
}

function draftOf(payload: Item<'GET /payloads'>): Draft | undefined {
  const turns = turnsOf(payload)
  if (turns.length === 0) return undefined
  return {
    system: turns
      .filter(({ role }) => role === 'system')
      .map(textOf)
      .join('\n'),
    user: textOf(turns.findLast(({ role }) => role === 'user') ?? {}),
    temperature: '',
    maxTokens: '',
  }
}

function textOf({ parts = [] }: Turn): string {
  return parts
    .flatMap(({ type, text }) => (type === 'text' && typeof text === 'string' ? [text] : []))
    .join('\n')
}
