/** Sends a request from the dashboard, and draws what became of it. */

import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { chat } from '../api/chat.ts'
import { ApiError, ask } from '../api/client.ts'
import type { RequestDetail } from '../api/request-detail.ts'
import { useTestKey } from '../api/test-key.ts'
import { formatMs } from '../format/number.ts'
import { useMay } from '../session/me.ts'
import { AttemptTimeline } from '../ui/attempt-timeline.tsx'
import { UntrustedBlock } from '../ui/untrusted-text.tsx'

/** The record is stored a moment after the answer. */
const recordRetryMs = 300
const maxRetries = 10

interface TestRequestProps {
  readonly first: string
  onDone(): void
}

export function TestRequest({ first, onDone }: TestRequestProps): ReactNode {
  const key = useTestKey()
  const may = useMay('POST /keys')
  const [model, setModel] = useState<string>()
  const [text, setText] = useState('')
  const [id, setId] = useState<string>()
  const test = useMutation({
    async mutationFn() {
      setText('')
      setId(undefined)
      const messages = [{ role: 'user' as const, content: 'Say in one sentence what a weir is.' }]
      const request = { model: model ?? first, messages }
      const by = { secret: await key.secret(), signal: AbortSignal.timeout(60_000) }
      for await (const event of chat(request, by)) {
        if (event.type === 'opened') setId(event.requestId)
        if (event.type === 'text') setText((before) => before + event.text)
      }
    },
    onSuccess: onDone,
    onError: (error) => setId(error instanceof ApiError ? error.requestId : undefined),
  })
  if (!may) return <p>A test request goes by a key of its own, and your role makes no keys.</p>
  return (
    <>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault()
          test.mutate()
        }}
      >
        <TextInput
          size="xs"
          aria-label="Route or model"
          value={model ?? first}
          onChange={(event) => setModel(event.currentTarget.value)}
        />
        <Button type="submit" loading={test.isPending}>
          Send a test request
        </Button>
      </form>
      {text !== '' && <UntrustedBlock text={text} />}
      {test.error && <span role="alert">{test.error.message}</span>}
      {id !== undefined && !test.isPending && <Trace id={id} />}
    </>
  )
}

function Trace({ id }: { readonly id: string }): ReactNode {
  const { data } = useQuery({
    queryKey: ['requests', 'one', id],
    queryFn: ({ signal }) => readStored(id, signal),
    retry: maxRetries,
    retryDelay: recordRetryMs,
  })
  if (!data) return null
  return (
    <div>
      <p>
        <Link to="/requests/$id" params={{ id }}>
          Its request
        </Link>
        , {data.status}, {formatMs(data.duration_ms)}
      </p>
      <AttemptTimeline request={data} />
    </div>
  )
}

/** Looks whether the record is stored before it asks for it: a request for what is not there is told as an error. */
async function readStored(id: string, signal: AbortSignal): Promise<RequestDetail> {
  const { data } = await ask('GET /requests', { query: { key: 'dashboard', limit: 10 }, signal })
  if (!data.some((row) => row.id === id)) throw new Error('not stored yet')
  return ask('GET /requests/{id}', { params: { id }, signal })
}
