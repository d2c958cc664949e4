/** Semantic hits that were compared, for people to judge: do both answers say the same? Shown when somebody asks for them. */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask, type Item } from '../api/client.ts'
import { formatCount } from '../format/number.ts'
import { useMay } from '../session/me.ts'
import { Empty } from '../ui/empty.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Panel } from '../ui/panel.tsx'
import { Status } from '../ui/status.tsx'
import { TextDiff } from '../ui/text-diff.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import './pairs-panel.css'

type Pair = Item<'GET /cache/pairs'>

/** More of them are not drawn at once; those that are judged make room. */
const shownAtOnce = 5

export function PairsPanel({ count }: { readonly count: number }): ReactNode {
  const may = useMay('GET /cache/pairs')
  const [isShown, setShown] = useState(false)
  const pairs = useQuery({
    queryKey: ['cache', 'pairs'],
    queryFn: ({ signal }) => ask('GET /cache/pairs', { signal }),
    enabled: isShown,
    staleTime: Infinity, // each reading is in the audit
  })
  if (count === 0 || !may) {
    return (
      <Panel title="Pairs to judge">
        {count === 0 ? (
          <Empty title="No pair waits to be judged." />
        ) : (
          <Empty title="Your role does not read prompts and answers." />
        )}
      </Panel>
    )
  }
  return (
    <Panel
      title="Pairs to judge"
      aside={
        !isShown && (
          <Button variant="default" onClick={() => setShown(true)}>
            {count === 1 ? 'Show 1 pair' : `Show ${formatCount(count)} pairs`}
          </Button>
        )
      }
    >
      {isShown ? (
        <Loaded query={pairs} what="the pairs">
          {({ data }) => (
            <div className="stack">
              {data.slice(0, shownAtOnce).map((pair) => (
                <PairToJudge key={pair.id} pair={pair} />
              ))}
              {data.length > shownAtOnce && (
                <p className="dim">{formatCount(data.length - shownAtOnce)} more wait.</p>
              )}
            </div>
          )}
        </Loaded>
      ) : (
        <p className="dim">
          Both questions with both answers, those first that are held for wrong. The audit says who read them.
        </p>
      )}
    </Panel>
  )
}

function PairToJudge({ pair }: { readonly pair: Pair }): ReactNode {
  const { id, question, as_before: asBefore, answer, served, agrees, destination, similarity, at } = pair
  const { isPending, error, mutate } = useChange({
    change: (isSame: boolean) => ask('PUT /cache/pairs/{id}', { params: { id }, body: { agrees: isSame } }),
    stale: ['cache'],
  })
  return (
    <section className="cache-pair" aria-label={`Pair of ${destination}`}>
      <p>
        <UntrustedText text={question} /> <span className="dim">was asked, and before</span>{' '}
        <UntrustedText text={asBefore} />
      </p>
      <TextDiff label="What would have been served, and what was answered" before={served} after={answer} />
      <div className="row">
        <Status tone={agrees ? 'ok' : 'bad'}>{agrees ? 'held for the same' : 'held for wrong'}</Status>
        <span className="dim">
          <UntrustedText text={destination} />, cosine {similarity.toFixed(3)}, <When at={at} />
        </span>
        <span className="cache-pair-verdict row">
          {error && <span role="alert">{error.message}</span>}
          <Button variant="default" loading={isPending} onClick={() => mutate(true)}>
            Same answer
          </Button>
          <Button variant="default" disabled={isPending} onClick={() => mutate(false)}>
            Not the same
          </Button>
        </span>
      </div>
    </section>
  )
}
