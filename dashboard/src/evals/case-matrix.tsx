/** Every case with its outcomes, arm by arm; those that an arm failed come first, and a cell opens its answer. */

import { Modal } from '@mantine/core'
import { type ReactNode, useMemo, useState } from 'react'
import { visible } from '../format/visible.ts'
import { Empty } from '../ui/empty.tsx'
import { UntrustedBlock, UntrustedText } from '../ui/untrusted-text.tsx'
import type { Row } from './report.ts'
import './evals.css'

type Outcome = 'pass' | 'fail' | 'error'

const signs: Readonly<Record<Outcome, string>> = { pass: '✓', fail: '✕', error: '–' }

export function CaseMatrix({ rows }: { readonly rows: readonly Row[] }): ReactNode {
  const [opened, setOpened] = useState<Row>()
  const arms = useMemo(() => [...new Set(rows.map(({ arm }) => arm))], [rows])
  const cases = useMemo(() => failuresFirst(rows), [rows])
  if (rows.length === 0) return <Empty title="No case was asked yet." />
  return (
    <>
      <p className="dim">
        Arms, from the left: {arms.map(visible).join(', ')}. A dash is a fault, not a wrong answer.
      </p>
      <div className="case-matrix" role="group" aria-label="Cases">
        {cases.map(([caseId, of]) => (
          <div key={caseId} className="case-matrix-row">
            <span>
              <UntrustedText text={caseId} />
            </span>
            {arms.map((arm) => (
              <div key={arm} className="case-matrix-arm">
                {of
                  .filter((row) => row.arm === arm)
                  .map((row) => (
                    <button
                      key={row.repeat}
                      type="button"
                      className="case-cell"
                      data-outcome={outcomeOf(row)}
                      aria-label={`${caseId}, ${arm}, repeat ${row.repeat + 1}: ${outcomeOf(row)}`}
                      onClick={() => setOpened(row)}
                    >
                      {signs[outcomeOf(row)]}
                    </button>
                  ))}
              </div>
            ))}
          </div>
        ))}
      </div>
      {opened && <Answer row={opened} onClose={() => setOpened(undefined)} />}
    </>
  )
}

function Answer({ row, onClose }: { readonly row: Row; readonly onClose: () => void }): ReactNode {
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={visible(`${row.caseId}, ${row.arm}, repeat ${row.repeat + 1}`)}
    >
      <div className="stack">
        {row.error && <UntrustedBlock text={row.error.message} />}
        {row.replies.map(({ output }, index) => (
          <UntrustedBlock key={index} text={output} />
        ))}
        <ul>
          {row.asserts.map(({ pass, reason }, index) => (
            <li key={index}>
              {pass ? 'passed' : 'failed'}
              {reason !== undefined && <UntrustedText text={`: ${reason}`} />}
            </li>
          ))}
        </ul>
      </div>
    </Modal>
  )
}

function outcomeOf({ status, pass }: Row): Outcome {
  if (status === 'error') return 'error'
  return pass ? 'pass' : 'fail'
}

function failuresFirst(rows: readonly Row[]): [string, Row[]][] {
  const failures = (of: readonly Row[]) => of.filter((row) => outcomeOf(row) === 'fail').length
  return [...Map.groupBy(rows, ({ caseId }) => caseId)]
    .map(([caseId, of]): [string, Row[]] => [caseId, of.toSorted((a, b) => a.repeat - b.repeat)])
    .toSorted(([, a], [, b]) => failures(b) - failures(a))
}
