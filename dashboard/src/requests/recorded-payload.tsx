/** What was asked and answered, where that is recorded: as text and nothing else. */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ask, type Item } from '../api/client.ts'
import { useMay } from '../session/me.ts'
import { Empty } from '../ui/empty.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedBlock, UntrustedText } from '../ui/untrusted-text.tsx'
import { answerTexts, promptTexts } from './payload-texts.ts'
import './requests.css'

type Payload = Item<'GET /payloads'>

export function RecordedPayload({ id }: { readonly id: string }): ReactNode {
  const may = useMay('GET /payloads')
  const [isRaw, setRaw] = useState(false)
  const payload = useQuery({
    queryKey: ['payload', id],
    queryFn: ({ signal }) => ask('GET /payloads', { query: { id }, signal }),
    enabled: may,
    staleTime: 60_000,
  })
  const kept = payload.data?.data[0]
  return (
    <Panel
      title="Prompt and answer"
      aside={
        kept && (
          <Button variant="subtle" onClick={() => setRaw(!isRaw)}>
            {isRaw ? 'Show as text' : 'Show as JSON'}
          </Button>
        )
      }
    >
      {!may ? (
        <Empty title="Your role does not read prompts and answers." />
      ) : payload.data && !kept ? (
        <Empty title="Not recorded.">
          <span>
            Which requests are, and for how long, is set under <code>payloads</code> in <code>weir.yaml</code>
            .
          </span>
        </Empty>
      ) : payload.error ? (
        <LoadFault what="the payload" error={payload.error} retry={() => void payload.refetch()} />
      ) : (
        <Loaded query={payload} what="the payload" height={200}>
          {() => kept && (isRaw ? <Raw payload={kept} /> : <Texts payload={kept} />)}
        </Loaded>
      )}
    </Panel>
  )
}

function Raw({ payload: { request, answer } }: { readonly payload: Payload }): ReactNode {
  return <UntrustedBlock text={JSON.stringify({ request, answer }, null, 2)} />
}

function Texts({ payload }: { readonly payload: Payload }): ReactNode {
  const { request, answer } = payload
  const said = [...(request ? promptTexts(request) : []), ...(answer ? answerTexts(answer) : [])]
  return (
    <div className="stack">
      {!request && <Empty title="The request was too large to keep." />}
      {said.map(({ who, text }, index) => (
        // A conversation has an order and nothing else that tells its turns apart.
        // oxlint-disable-next-line react/no-array-index-key
        <section key={index} className="payload-turn">
          <h3>
            <UntrustedText text={who} />
          </h3>
          <UntrustedBlock text={text} />
        </section>
      ))}
      {!answer && <Empty title="There was no whole answer." />}
    </div>
  )
}
