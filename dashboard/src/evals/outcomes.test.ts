/** Flips come first, a fault is never a wrong answer, and pairs are of the same repeat. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { changeOf, countOf, flipsOf, inOrder, tallyText } from './outcomes.ts'

const pairing = { candidate: 0, baseline: 1 }
const caseOf = (id: string, ...outcomes: string[]) => ({ id, tags: [], critical: false, outcomes })
const cases = [
  caseOf('same', 'ppp', 'ppp'),
  caseOf('fails', 'fff', 'fff'),
  caseOf('better', 'ppp', 'ppf'),
  caseOf('worse', 'ppf', 'ppp'),
  caseOf('worst', 'fff', 'ppp'),
  caseOf('lost', 'ppe', 'ppp'),
]

test('the worst flips come first, then the better ones, then what failed', () => {
  const ids = (filter?: 'flips' | 'worse' | 'faults') => inOrder(cases, pairing, filter).map(({ id }) => id)
  assert.deepEqual(ids(), ['worst', 'worse', 'better', 'fails', 'lost', 'same'])
  assert.deepEqual(ids('flips'), ['worst', 'worse', 'better'])
  assert.deepEqual(ids('faults'), ['lost'])
  assert.equal(countOf(cases, pairing, 'failed'), 4)
})

test('what was lost to a fault is compared by what is left', () => {
  assert.equal(changeOf(cases[5]!, pairing), 'same')
  assert.equal(changeOf(caseOf('x', 'eee', 'ppp'), pairing), 'same')
  assert.equal(tallyText('ppe'), '2 of 2 passed, 1 fault')
  assert.equal(tallyText('---'), 'not asked yet')
})

test('flips count pairs of the same repeat, and none without a baseline', () => {
  assert.deepEqual(flipsOf(cases, pairing), {
    bothPassed: 9,
    onlyBaseline: 4,
    onlyCandidate: 1,
    bothFailed: 3,
  })
  assert.equal(flipsOf(cases, { candidate: 0, baseline: undefined }), undefined)
})
