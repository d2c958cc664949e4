/** Every case with its outcomes, arm by arm and repeat by repeat, of which only the rows in view are drawn. */

import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useRef } from 'react'
import { visible } from '../format/visible.ts'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import type { CaseFilter } from './case-filter.ts'
import { tallyText } from './outcomes.ts'
import type { Case } from './queries.ts'
import './evals.css'

interface CaseMatrixProps {
  readonly run: string
  /** Labels, in the order of the outcomes. */
  readonly arms: readonly string[]
  readonly baseline: string | undefined
  readonly cases: readonly Case[]
  /** Goes along, so that the way on leads through the same cases. */
  readonly show: CaseFilter | undefined
}

const rowHeight = 28
/** A name and a few repeats have room in it. */
const leastArmWidth = 168
const cellStep = 24
const signs: Readonly<Record<string, string>> = { p: '✓', f: '✕', e: '–', '-': ' ' }

export function CaseMatrix({ run, arms, baseline, cases, show }: CaseMatrixProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: cases.length,
    estimateSize: () => rowHeight,
    overscan: 8,
    getScrollElement: () => frame.current,
    getItemKey: (index) => cases[index]!.id,
  })
  const repeats = Math.max(1, ...cases.flatMap(({ outcomes }) => outcomes.map(({ length }) => length)))
  const armWidth = { flexBasis: Math.max(leastArmWidth, repeats * cellStep) }
  return (
    <>
      <div
        ref={frame}
        className="case-matrix"
        tabIndex={0}
        role="region"
        aria-label="Cases with their outcomes"
      >
        <div role="table" aria-label="Cases" aria-rowcount={cases.length + 1}>
          <div role="rowgroup">
            <div role="row" aria-rowindex={1} className="case-matrix-row case-matrix-head">
              <span role="columnheader">Case</span>
              {arms.map((arm) => (
                <span
                  key={arm}
                  role="columnheader"
                  className="case-matrix-arm"
                  style={armWidth}
                  title={visible(arm)}
                >
                  <UntrustedText text={arm === baseline ? `${arm} (baseline)` : arm} />
                </span>
              ))}
            </div>
          </div>
          <div role="rowgroup" className="case-matrix-body" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ key, index, start }) => (
              <div
                key={key}
                role="row"
                aria-rowindex={index + 2}
                className="case-matrix-row"
                style={{ transform: `translateY(${start}px)` }}
              >
                <span role="cell">
                  <Link
                    to="/evals/$id/$case"
                    params={{ id: run, case: cases[index]!.id }}
                    search={show === undefined ? {} : { show }}
                  >
                    <UntrustedText text={cases[index]!.id} />
                  </Link>
                </span>
                {arms.map((arm, at) => (
                  <span key={arm} role="cell" className="case-matrix-arm" style={armWidth}>
                    <Outcomes letters={cases[index]!.outcomes[at] ?? ''} />
                  </span>
                ))}
              </div>
            ))}
          </div>
        </div>
      </div>
      <p className="dim panel-note">
        A column for each arm, a cell for each repeat. A dash is a fault, not a wrong answer.
      </p>
    </>
  )
}

function Outcomes({ letters }: { readonly letters: string }): ReactNode {
  return (
    <>
      <span className="only-read">{tallyText(letters)}</span>
      {Array.from(letters, (letter, repeat) => (
        <span key={repeat} className="case-cell" data-outcome={letter} aria-hidden="true">
          {signs[letter]}
        </span>
      ))}
    </>
  )
}
