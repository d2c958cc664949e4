/** Rows of evaluation runs for tests of the gate and the reports. */

import type { RunFacts } from '../../src/evals/report.ts'
import type { CaseRow } from '../../src/evals/row.ts'

export function evalRow(caseId: string, arm: string, given: Partial<CaseRow> = {}): CaseRow {
  return {
    caseId,
    inputHash: `hash-${caseId}`,
    cluster: caseId,
    tags: [],
    isCritical: false,
    arm,
    repeat: 0,
    status: 'graded',
    pass: true,
    score: given.pass === false ? 0 : 1,
    asserts: [],
    replies: [{ output: `answer to ${caseId}`, toolCalls: [] }],
    costNanoUsd: 1_000_000,
    gradingNanoUsd: 0,
    totalMs: 100,
    firstTokenMs: 20,
    isCached: false,
    ...given,
  }
}

export const lostRow = (caseId: string, arm: string, given: Partial<CaseRow> = {}): CaseRow =>
  evalRow(caseId, arm, {
    status: 'error',
    pass: false,
    score: 0,
    error: { code: 'upstream_error', message: 'The provider failed.' },
    ...given,
  })

export function runFacts(plannedRows: number, given: Partial<RunFacts> = {}): RunFacts {
  return {
    runId: 'run_1',
    name: 'test',
    suiteHash: 'abc',
    seed: '7',
    gatewayVersion: '0.0.0',
    startedAt: '2026-01-01T00:00:00.000Z',
    arms: [
      { label: 'new', target: 'p/new', isBaseline: false },
      { label: 'old', target: 'p/old', isBaseline: true },
    ],
    gate: { margin: 0.03, alpha: 0.05, maxErrorRate: 0.02, earlyStop: false, onInconclusive: 'hold' },
    derivedMetrics: [],
    contrasts: [],
    alpha: 0.05,
    plannedCases: plannedRows / 2,
    plannedRows,
    isFiltered: false,
    ...given,
  }
}
