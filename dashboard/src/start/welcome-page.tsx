/** The first steps: a provider, a key, a snippet, and a request that arrives. */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { providers } from '../api/shared-queries.ts'
import { useTargets } from '../api/targets.ts'
import { useAnnounced } from '../ui/announcer.tsx'
import { Facts } from '../ui/facts.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Page } from '../ui/page.tsx'
import { standingOf } from '../api/provider-standing.ts'
import { Status } from '../ui/status.tsx'
import { NewKey } from './new-key.tsx'
import { SnippetPicker } from './snippet-picker.tsx'
import { Step } from './step.tsx'
import { TestRequest } from './test-request.tsx'
import { useFirstRequest } from './first-request.ts'

export function WelcomePage(): ReactNode {
  const known = useQuery(providers)
  const [firstTarget = 'sim/echo'] = useTargets()
  const [secret, setSecret] = useState<string>()
  const [isTested, setTested] = useState(false)
  const arrived = useFirstRequest()
  useAnnounced(arrived && 'Your first request arrived.')
  const real = known.data?.data.filter(({ name }) => name !== 'sim') ?? []
  return (
    <Page title="First steps" name="First steps" action={<Link to="/overview">Skip</Link>}>
      <Step number={1} title="Providers" isDone={real.length > 0}>
        <Loaded query={known} what="the providers" height={60}>
          {() =>
            real.length > 0 ? (
              <Facts
                facts={real.map((provider) => [
                  provider.name,
                  <Status key="state" tone={standingOf(provider).tone}>
                    {standingOf(provider).word}
                  </Status>,
                ])}
              />
            ) : (
              <p>
                None is configured yet: the built-in simulator answers as <code>sim/echo</code>, offline. Set
                a key such as <code>OPENAI_API_KEY</code> in the environment, or <code>providers</code> in{' '}
                <code>weir.yaml</code>.
              </p>
            )
          }
        </Loaded>
      </Step>
      <Step number={2} title="A key for your application" isDone={secret !== undefined}>
        <NewKey secret={secret} onSecret={setSecret} />
      </Step>
      <Step number={3} title="Call it" isDone={arrived !== undefined}>
        <SnippetPicker parts={{ url: location.origin, key: secret ?? 'YOUR_KEY', model: firstTarget }} />
        <p className="dim">
          {arrived ? (
            <>
              It arrived:{' '}
              <Link to="/requests/$id" params={{ id: arrived.id }}>
                open the request
              </Link>
              .
            </>
          ) : (
            'Listening for your first request…'
          )}
        </p>
      </Step>
      <Step number={4} title="Or try it from here" isDone={isTested}>
        <TestRequest first={firstTarget} onDone={() => setTested(true)} />
      </Step>
    </Page>
  )
}
