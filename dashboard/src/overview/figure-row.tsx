/** The numbers at the top of the overview, against the range before; each leads to the rows behind it. */

import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatCount, formatMs, formatShare, formatUsd } from '../format/number.ts'
import type { RangeName } from '../ranges.ts'
import { changeOf, pointsOf } from '../ui/change.ts'
import { Figure } from '../ui/figure.tsx'
import { FigureGrid } from '../ui/figure-grid.tsx'
import { errorShareOf, type Figures, type RequestFigures } from '../api/figures.ts'
import type { Spending } from './spending.ts'

interface FigureRowProps {
  readonly range: RangeName
  readonly figures: RequestFigures | undefined
  readonly spending: Spending | undefined
}

export function FigureRow({ range, figures, spending }: FigureRowProps): ReactNode {
  return (
    <FigureGrid columns="two">
      <Requests range={range} figures={figures} />
      <Errors range={range} figures={figures} />
      <Figure
        label="Cost"
        link={(text) => (
          <Link to="/spend" search={{ range }}>
            {text}
          </Link>
        )}
        value={spending && formatUsd(spending.now.costUsd)}
        change={changeOf(spending?.now.costUsd, spending?.before?.costUsd)}
        course={spending?.steps.map(({ costUsd }) => costUsd) ?? []}
      />
      <Figure
        label="Tokens"
        value={spending && formatCount(spending.now.tokens)}
        change={changeOf(spending?.now.tokens, spending?.before?.tokens)}
        course={spending?.steps.map(({ tokens }) => tokens) ?? []}
      />
      <TimeFigure label="Latency p95" of="duration_ms" figures={figures} />
      <TimeFigure label="First token p95" of="first_token_ms" figures={figures} />
    </FigureGrid>
  )
}

type CountProps = Omit<FigureRowProps, 'spending'>

function Requests({ range, figures }: CountProps): ReactNode {
  return (
    <Figure
      label="Requests"
      link={(text) => (
        <Link to="/requests" search={{ range }}>
          {text}
        </Link>
      )}
      value={figures && formatCount(figures.now.requests)}
      change={changeOf(figures?.now.requests, earlierOf(figures)?.requests)}
      course={figures?.steps.map(({ requests }) => requests) ?? []}
    />
  )
}

function Errors({ range, figures }: CountProps): ReactNode {
  const before = earlierOf(figures)
  const share = figures && errorShareOf(figures.now)
  const shareBefore = before && errorShareOf(before)
  return (
    <Figure
      label="Errors"
      link={(text) => (
        <Link to="/requests" search={{ range, status: '5xx' }}>
          {text}
        </Link>
      )}
      value={figures && (share === undefined ? '-' : formatShare(share))}
      change={pointsOf(share, shareBefore)}
      isWorse={share !== undefined && shareBefore !== undefined && share > shareBefore}
      course={figures?.steps.map(({ errors }) => errors) ?? []}
    />
  )
}

/** Nothing to compare with is not a change from nothing. */
function earlierOf(figures: RequestFigures | undefined): Figures | undefined {
  return figures && figures.before.requests > 0 ? figures.before : undefined
}

interface TimeFigureProps {
  readonly label: string
  readonly of: 'duration_ms' | 'first_token_ms'
  readonly figures: RequestFigures | undefined
}

function TimeFigure({ label, of, figures }: TimeFigureProps): ReactNode {
  const now = figures?.now[of]?.p95
  const before = figures?.before[of]?.p95
  return (
    <Figure
      label={label}
      value={figures && (now === undefined ? '-' : formatMs(now))}
      change={changeOf(now, before)}
      isWorse={now !== undefined && before !== undefined && now > before * 1.1}
      course={figures?.steps.map((step) => step[of]?.p95) ?? []}
    />
  )
}
