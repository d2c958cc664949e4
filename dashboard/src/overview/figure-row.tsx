/** The six numbers at the top of the overview, against the period before. */

import type { ReactNode } from 'react'
import { formatCount, formatMs, formatShare, formatUsd } from '../format/number.ts'
import { Figure } from '../ui/figure.tsx'
import {
  type Figures,
  figuresOf,
  inBuckets,
  isError,
  lineAtMs,
  requestAtMs,
  tokensOf,
  type SpanRows,
} from './summary.ts'

interface FigureRowProps {
  readonly now: SpanRows | undefined
  /** Undefined where there is nothing to compare with. */
  readonly before: Figures | undefined
}

export function FigureRow({ now, before }: FigureRowProps): ReactNode {
  const figures = now && figuresOf(now.rows, now.lines)
  const courses = now && coursesOf(now)
  const errorShare = figures && shareOf(figures)
  const errorsBefore = before && shareOf(before)
  const p95 = figures?.latencyMs?.p95
  const firstToken = figures?.firstTokenMs?.p95
  return (
    <div className="grid">
      <div className="half two">
        <Figure
          label="Requests"
          value={figures && formatCount(figures.requests)}
          change={changeOf(figures?.requests, before?.requests)}
          course={courses?.requests ?? []}
        />
      </div>
      <div className="half two">
        <Figure
          label="Errors"
          value={figures && (errorShare === undefined ? '-' : formatShare(errorShare))}
          change={pointsOf(errorShare, errorsBefore)}
          isWorse={errorShare !== undefined && errorsBefore !== undefined && errorShare > errorsBefore}
          course={courses?.errors ?? []}
        />
      </div>
      <div className="half two">
        <Figure
          label="Cost"
          value={figures && costText(figures, now.lines.length)}
          change={figures && costNote(figures, before)}
          course={courses?.cost ?? []}
        />
      </div>
      <div className="half two">
        <Figure
          label="Tokens"
          value={figures && formatCount(figures.tokens)}
          change={changeOf(figures?.tokens, before?.tokens)}
          course={courses?.tokens ?? []}
        />
      </div>
      <div className="half two">
        <Figure
          label="Latency p95"
          value={figures && (p95 === undefined ? '-' : formatMs(p95))}
          change={changeOf(p95, before?.latencyMs?.p95)}
          isWorse={isSlower(p95, before?.latencyMs?.p95)}
          course={courses?.latency ?? []}
        />
      </div>
      <div className="half two">
        <Figure
          label="First token p95"
          value={figures && (firstToken === undefined ? '-' : formatMs(firstToken))}
          change={changeOf(firstToken, before?.firstTokenMs?.p95)}
          isWorse={isSlower(firstToken, before?.firstTokenMs?.p95)}
          course={courses?.firstToken ?? []}
        />
      </div>
    </div>
  )
}

function coursesOf({ span, rows, lines }: SpanRows) {
  const buckets = inBuckets(rows, span, requestAtMs)
  const figures = buckets.map((bucket) => figuresOf(bucket, []))
  return {
    requests: figures.map(({ requests }) => requests),
    errors: buckets.map((bucket) => bucket.filter(isError).length),
    tokens: buckets.map((bucket) => bucket.reduce((sum, row) => sum + tokensOf(row), 0)),
    latency: figures.map(({ latencyMs }) => latencyMs?.p95),
    firstToken: figures.map(({ firstTokenMs }) => firstTokenMs?.p95),
    cost: inBuckets(lines, span, lineAtMs).map((bucket) =>
      bucket.reduce((sum, line) => sum + Number(line.charged_usd), 0),
    ),
  }
}

/** Unknown is never zero: where nothing has a price, there is no sum. */
function costText({ costUsd, unpriced }: Figures, lines: number): string {
  return lines > 0 && unpriced === lines ? '-' : formatUsd(costUsd)
}

function costNote({ costUsd, unpriced }: Figures, before: Figures | undefined): string | undefined {
  if (unpriced > 0) return `${formatCount(unpriced)} calls have no price`
  return changeOf(costUsd, before?.costUsd)
}

function shareOf({ requests, errors }: Figures): number | undefined {
  return requests === 0 ? undefined : errors / requests
}

function changeOf(now: number | undefined, before: number | undefined): string | undefined {
  if (now === undefined || before === undefined) return undefined
  if (before === 0) return now === 0 ? 'as before' : 'new'
  const percent = Math.round((now / before - 1) * 100)
  if (percent === 0) return 'as before'
  return `${percent > 0 ? '+' : ''}${percent.toLocaleString('en-US')} % against before`
}

function pointsOf(now: number | undefined, before: number | undefined): string | undefined {
  if (now === undefined || before === undefined) return undefined
  const points = (now - before) * 100
  if (Math.abs(points) < 0.05) return 'as before'
  return `${points > 0 ? '+' : ''}${points.toFixed(1)} pp against before`
}

function isSlower(now: number | undefined, before: number | undefined): boolean {
  return now !== undefined && before !== undefined && now > before * 1.1
}
