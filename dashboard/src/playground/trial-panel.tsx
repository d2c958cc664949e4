/** What one target says, with its times, its tokens and its price. */

import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatCount, formatMs, formatUsd } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { useAnnounced } from '../ui/announcer.tsx'
import { type Fact, Facts } from '../ui/facts.tsx'
import { Status } from '../ui/status.tsx'
import { UntrustedBlock, UntrustedText } from '../ui/untrusted-text.tsx'
import { TargetInput } from './target-input.tsx'
import type { Trial } from './use-trial.ts'
import './playground.css'

interface TrialPanelProps {
  readonly target: string
  readonly trial: Trial
  onTarget(target: string): void
  /** Absent: it is the only one. */
  readonly onRemove: (() => void) | undefined
}

const states = {
  idle: { tone: 'none', word: 'not run' },
  running: { tone: 'info', word: 'running' },
  done: { tone: 'ok', word: 'done' },
  stopped: { tone: 'warn', word: 'stopped' },
  failed: { tone: 'bad', word: 'failed' },
} as const

export function TrialPanel({ target, trial, onTarget, onRemove }: TrialPanelProps): ReactNode {
  const { tone, word } = states[trial.state]
  useAnnounced(trial.state === 'idle' ? undefined : `${visible(target)}: ${word}`)
  return (
    <section className="panel trial" aria-label={`Answer of ${target}`}>
      <header className="trial-head">
        <TargetInput value={target} onChange={onTarget} />
        {onRemove && (
          <Button variant="subtle" aria-label={`Remove ${target}`} onClick={onRemove}>
            ✕
          </Button>
        )}
      </header>
      <div className="trial-state">
        <Status tone={tone}>{word}</Status>
        {trial.requestId !== undefined && trial.requestId !== '' && (
          <Link to="/requests/$id" params={{ id: trial.requestId }}>
            Its request
          </Link>
        )}
      </div>
      {trial.state !== 'idle' && <Facts facts={factsOf(trial)} />}
      {trial.fault !== undefined && (
        <p role="alert">
          <UntrustedText text={trial.fault} />
        </p>
      )}
      {trial.text !== '' && <UntrustedBlock text={trial.text} />}
    </section>
  )
}

function factsOf(trial: Trial): Fact[] {
  const { firstTokenMs, totalMs, outputTokens, inputTokens, costUsd, answeredBy } = trial
  const streamMs = totalMs === undefined || firstTokenMs === undefined ? undefined : totalMs - firstTokenMs
  const rate =
    streamMs === undefined || streamMs <= 0 || outputTokens === undefined
      ? undefined
      : (1_000 * outputTokens) / streamMs
  return [
    ['First token', firstTokenMs === undefined ? '-' : formatMs(firstTokenMs)],
    ['Total', totalMs === undefined ? '-' : formatMs(totalMs)],
    ['Tokens/s', rate === undefined ? '-' : formatCount(rate)],
    [
      'In, out',
      inputTokens === undefined ? '-' : `${formatCount(inputTokens)}, ${formatCount(outputTokens ?? 0)}`,
    ],
    ['Cost', costUsd === undefined ? '-' : formatUsd(costUsd)],
    ['Answered by', answeredBy ? <UntrustedText key="by" text={answeredBy} /> : undefined],
  ]
}
