/** The numbers at the top of the overview, against the period before; each leads to the rows behind it. */

import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { errorShareOf, type Figures, type RequestFigures } from '../api/figures.ts'
import type { UsageFilter } from '../api/usage.ts'
import { formatCount, formatMs, formatShare, formatUsd } from '../format/number.ts'
import { type Span, spanSearch } from '../ranges.ts'
import { changeOf, pointsOf } from '../ui/change.ts'
import { Figure } from '../ui/figure.tsx'
import { FigureGrid } from '../ui/figure-grid.tsx'
import type { Spending } from './spending.ts'

interface FigureRowProps {
  readonly span: Span
  readonly where: UsageFilter
  readonly figures: RequestFigures | undefined
  readonly spending: Spending | undefined
}

type Way = (value: ReactNode) => ReactNode

export function FigureRow({ span, where, figures, spending }: FigureRowProps): ReactNode {
  const search = { ...where, ...spanSearch(span) }
  const toRequests: Way = (text) => (
    <Link to="/requests" search={search}>
      {text}
    </Link>
  )
  const toErrors: Way = (text) => (
    <Link to="/requests" search={{ ...search, status: 'error' }}>
      {text}
    </Link>
  )
  const toSpend: Way = (text) => (
    <Link to="/spend" search={search}>
      {text}
    </Link>
  )
  const before = earlierOf(figures)
  return (
    <FigureGrid columns="two">
      <Figure
        label="Requests"
        link={toRequests}
        value={figures && formatCount(figures.now.requests)}
        change={changeOf(figures?.now.requests, before?.requests)}
        course={figures?.steps.map(({ requests }) => requests) ?? []}
      />
      <Errors link={toErrors} figures={figures} />
      <Figure
        label="Cost"
        link={toSpend}
        value={spending && formatUsd(spending.now.costUsd)}
        change={changeOf(spending?.now.costUsd, spending?.before?.costUsd)}
        course={spending?.steps.map(({ costUsd }) => costUsd) ?? []}
      />
      <Figure
        label="Tokens"
        link={toSpend}
        value={spending && formatCount(spending.now.tokens)}
        change={changeOf(spending?.now.tokens, spending?.before?.tokens)}
        course={spending?.steps.map(({ tokens }) => tokens) ?? []}
      />
      <TimeFigure label="Latency p95" of="duration_ms" link={toRequests} figures={figures} />
      <TimeFigure label="First token p95" of="first_token_ms" link={toRequests} figures={figures} />
    </FigureGrid>
  )
}

interface OneFigureProps {
  readonly figures: RequestFigures | undefined
  readonly link: Way
}

function Errors({ link, figures }: OneFigureProps): ReactNode {
  const before = earlierOf(figures)
  const share = figures && errorShareOf(figures.now)
  const change = pointsOf(share, before && errorShareOf(before))
  return (
    <Figure
      label="Errors"
      link={link}
      value={figures && (share === undefined ? '-' : formatShare(share))}
      change={change}
      isWorse={change?.startsWith('+') === true}
      course={figures?.steps.map(({ errors }) => errors) ?? []}
    />
  )
}

/** Nothing to compare with is not a change from nothing. */
function earlierOf(figures: RequestFigures | undefined): Figures | undefined {
  return figures?.before && figures.before.requests > 0 ? figures.before : undefined
}

interface TimeFigureProps extends OneFigureProps {
  readonly label: string
  readonly of: 'duration_ms' | 'first_token_ms'
}

function TimeFigure({ label, of, link, figures }: TimeFigureProps): ReactNode {
  const now = figures?.now[of]?.p95
  const before = figures?.before?.[of]?.p95
  return (
    <Figure
      label={label}
      link={link}
      value={figures && (now === undefined ? '-' : formatMs(now))}
      change={changeOf(now, before)}
      isWorse={now !== undefined && before !== undefined && now > before * 1.1}
      course={figures?.steps.map((step) => step[of]?.p95) ?? []}
    />
  )
}
