/** Where the time of a request went, on one axis: the gateway's own, and of each attempt the waiting, the answering, and what came of it. */

import type { ReactNode } from 'react'
import { formatMs } from '../format/number.ts'
import { Empty } from './empty.tsx'
import { UntrustedText } from './untrusted-text.tsx'
import type { RequestDetail } from '../api/request-detail.ts'
import './attempt-timeline.css'

type Attempt = RequestDetail['attempts'][number]

export function AttemptTimeline({ request }: { readonly request: RequestDetail }): ReactNode {
  const { attempts } = request
  if (attempts.length === 0) return <Empty title="No provider was asked." />
  const wholeMs = Math.max(request.duration_ms, ...attempts.map(({ ended_ms: endedMs }) => endedMs), 0.001)
  const share = (ms: number) => `${(100 * ms) / wholeMs}%`
  return (
    <ol className="attempts">
      {request.overhead_ms !== undefined && (
        <li>
          <div className="attempts-text">
            <strong>Gateway</strong>
            <span className="dim">{formatMs(request.overhead_ms)} of its own</span>
          </div>
          <div className="attempts-track" aria-hidden="true">
            <span className="attempts-gateway" style={{ left: 0, width: share(request.overhead_ms) }} />
          </div>
        </li>
      )}
      {attempts.map((attempt) => {
        const { n, started_ms: startedMs, ended_ms: endedMs } = attempt
        const firstMs = attempt.first_token_ms ?? attempt.headers_ms ?? endedMs
        return (
          <li key={n}>
            <div className="attempts-text">
              <strong>
                {n}. <UntrustedText text={`${attempt.provider}/${attempt.model}`} />
              </strong>
              <span className="dim">
                <UntrustedText text={told(attempt)} />
              </span>
            </div>
            <div className="attempts-track" aria-hidden="true">
              <span
                className="attempts-wait"
                style={{ left: share(startedMs), width: share(Math.max(0, firstMs - startedMs)) }}
              />
              <span
                className={attempt.code === undefined ? 'attempts-answer' : 'attempts-fault'}
                style={{ left: share(firstMs), width: share(Math.max(0, endedMs - firstMs)) }}
              />
              {attempt.first_token_ms !== undefined && (
                <span className="attempts-first" style={{ left: share(attempt.first_token_ms) }} />
              )}
            </div>
          </li>
        )
      })}
      <li className="attempts-axis" aria-hidden="true">
        {[0, 0.25, 0.5, 0.75, 1].map((part) => (
          <span key={part}>{formatMs(part * wholeMs)}</span>
        ))}
      </li>
    </ol>
  )
}

function told(attempt: Attempt): string {
  const { skipped_because: why, code, status, first_token_ms: firstMs, contract } = attempt
  if (why !== undefined) return `skipped: ${why}`
  const took = formatMs(attempt.ended_ms - attempt.started_ms)
  return [
    status === undefined ? undefined : String(status),
    code ?? 'ok',
    `${took} from ${formatMs(attempt.started_ms)}`,
    firstMs === undefined ? undefined : `first token at ${formatMs(firstMs)}`,
    contract,
    attempt.message,
  ]
    .filter((part) => part !== undefined)
    .join(' · ')
}
