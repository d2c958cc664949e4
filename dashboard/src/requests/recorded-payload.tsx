/** What was asked and answered, where that is recorded: as text and nothing else. */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ask, type Item } from '../api/client.ts'
import { useMay } from '../session/me.ts'
import { Empty } from '../ui/empty.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { UntrustedBlock, UntrustedText } from '../ui/untrusted-text.tsx'
import { answerTexts, promptTexts } from './payload-texts.ts'
import './requests.css'

type Payload = Item<'GET /payloads'>

interface RecordedPayloadProps {
  readonly id: string
  readonly part: 'request' | 'answer'
}

export function RecordedPayload({ id, part }: RecordedPayloadProps): ReactNode {
  const may = useMay('GET /payloads')
  const [isRaw, setRaw] = useState(false)
  const payload = useQuery({
    queryKey: ['payload', id],
    queryFn: ({ signal }) => ask('GET /payloads', { query: { id }, signal }),
    enabled: may,
    staleTime: 60_000,
  })
  if (!may) return <Empty title="Your role does not read prompts and answers." />
  return (
    <Loaded query={payload} what="the payload" height={200}>
      {({ data: [kept] }) =>
        kept === undefined ? (
          <Empty title="Payloads are not recorded for this request.">
            <span>
              Which are, and for how long, is set under <code>payloads</code> in <code>weir.yaml</code>.
            </span>
          </Empty>
        ) : (
          <div className="stack">
            {isRaw ? <Raw payload={kept} part={part} /> : <Texts payload={kept} part={part} />}
            <div className="row">
              <Button variant="default" onClick={() => setRaw(!isRaw)}>
                {isRaw ? 'Show as text' : 'Show as JSON'}
              </Button>
            </div>
          </div>
        )
      }
    </Loaded>
  )
}

interface PartProps extends Pick<RecordedPayloadProps, 'part'> {
  readonly payload: Payload
}

function Raw({ payload, part }: PartProps): ReactNode {
  return <UntrustedBlock text={JSON.stringify(payload[part] ?? null, null, 2)} />
}

function Texts({ payload: { request, answer }, part }: PartProps): ReactNode {
  if (part === 'request' && !request) return <Empty title="The request was too large to keep." />
  if (part === 'answer' && !answer) return <Empty title="There was no whole answer." />
  const said = part === 'request' ? promptTexts(request ?? {}) : answerTexts(answer ?? {})
  return said.map(({ who, text }, index) => (
    // A conversation has an order and nothing else that tells its turns apart.
    <section key={index} className="payload-turn">
      <h3>
        <UntrustedText text={who} />
      </h3>
      <UntrustedBlock text={text} />
    </section>
  ))
}
