/** What the arms answered to one repeat, side by side: the words that the baseline did not say, or said alone, are marked. */

import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ChooseRequest } from '../datasets/choose-request.tsx'
import { formatCount, formatMs, formatUsd } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { useMay } from '../session/me.ts'
import { Status } from '../ui/status.tsx'
import { UntrustedBlock, UntrustedText } from '../ui/untrusted-text.tsx'
import { type Piece, wordDiff } from '../ui/word-diff.ts'
import type { Row } from './report.ts'
import '../ui/facts.css'
import '../ui/text-diff.css'
import './evals.css'

interface AnswerPairProps {
  /** One of each arm. */
  readonly rows: readonly Row[]
  /** Its label. */
  readonly baseline: string | undefined
}

export function AnswerPair({ rows, baseline }: AnswerPairProps): ReactNode {
  const base = rows.find(({ arm }) => arm === baseline)
  const others = rows.filter((row) => row !== base)
  // What the baseline alone said is told against one candidate; with more of them each has its own marks.
  const [only] = others.length === 1 ? others : []
  return (
    <div className="answer-pair">
      {base && <Answer row={base} note="baseline" pieces={only && piecesOf(base, only, 'come')} />}
      {others.map((row) => (
        <Answer key={row.arm} row={row} pieces={base && piecesOf(base, row, 'gone')} />
      ))}
    </div>
  )
}

/** The answer of one side: what only the other said is left out. Undefined where one has no answer. */
function piecesOf(before: Row, after: Row, left: Piece['kind']): readonly Piece[] | undefined {
  if (before.status === 'error' || after.status === 'error') return undefined
  return wordDiff(textOf(before), textOf(after)).filter(({ kind }) => kind !== left)
}

/** Of a conversation all replies, one below the other. */
function textOf({ replies }: Row): string {
  return replies.map(({ output }) => output).join('\n\n')
}

interface AnswerProps {
  readonly row: Row
  readonly note?: string
  readonly pieces: readonly Piece[] | undefined
}

function Answer({ row, note, pieces }: AnswerProps): ReactNode {
  const { arm, status, pass, error } = row
  const label = `Answer of ${visible(arm)}`
  return (
    <section aria-label={label}>
      <h3>
        <span>
          <UntrustedText text={arm} />
          {note !== undefined && <span className="dim"> ({note})</span>}
        </span>
        <Status tone={status === 'error' ? 'warn' : pass ? 'ok' : 'bad'}>
          {status === 'error' ? 'lost to a fault' : pass ? 'passed' : 'failed'}
        </Status>
      </h3>
      {error && <UntrustedBlock text={`${error.code}: ${error.message}`} />}
      {pieces ? (
        <pre
          className="untrusted text-diff"
          tabIndex={0}
          role="region"
          aria-label={`${label}, with what differs`}
        >
          {pieces.map(({ kind, text }, index) => {
            if (kind === 'same') return visible(text)
            return kind === 'gone' ? (
              <del key={index}>{visible(text)}</del>
            ) : (
              <ins key={index}>{visible(text)}</ins>
            )
          })}
        </pre>
      ) : (
        row.replies.map(({ output }, index) => <UntrustedBlock key={index} text={output} />)
      )}
      <Assertions asserts={row.asserts} />
      <p className="dim">{measuresOf(row)}</p>
      {row.requestId !== undefined && <Request id={row.requestId} />}
    </section>
  )
}

/** What came of the answer elsewhere, and the way into a suite for it. */
function Request({ id }: { readonly id: string }): ReactNode {
  const may = useMay('GET /requests')
  return (
    <div className="row">
      {may && (
        <Link to="/requests/$id" params={{ id }}>
          Open the request
        </Link>
      )}
      <ChooseRequest id={id} />
    </div>
  )
}

function Assertions({ asserts }: Pick<Row, 'asserts'>): ReactNode {
  if (asserts.length === 0) return null
  return (
    <ul aria-label="Assertions">
      {asserts.map(({ type, pass, reason, error }, index) => (
        <li key={index}>
          <Status tone={error === undefined ? (pass ? 'ok' : 'bad') : 'warn'}>
            {error === undefined ? (pass ? 'passed' : 'failed') : 'could not be graded'}
          </Status>{' '}
          <UntrustedText text={type} />
          {(error ?? reason) !== undefined && (error ?? reason) !== '' && (
            <span className="dim">
              : <UntrustedText text={error ?? reason ?? ''} />
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}

function measuresOf({ totalMs, costUsd, usage, resolvedModel }: Row): string {
  const told = [
    resolvedModel === undefined ? undefined : visible(resolvedModel),
    totalMs === undefined ? undefined : formatMs(totalMs),
    costUsd === undefined ? undefined : formatUsd(costUsd),
    usage && `${formatCount(usage.inputTokens)} in, ${formatCount(usage.outputTokens)} out`,
  ]
  return told.filter((text) => text !== undefined).join(' · ')
}
