/** Preferences that do not depend on the order of the answers. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JudgeQuestion } from './assertions/assertion.ts'
import { compareAnswers } from './pairwise.ts'

const pair = { question: 'How long is the warranty?', baseline: 'A year.', candidate: 'Two years.' }

/** Says where it saw the better answer. */
function judge(...panel: readonly ((first: string, second: string) => string)[]) {
  return async ({ user }: JudgeQuestion) => {
    const [first = '', second = ''] = ['first', 'second'].map((name) =>
      new RegExp(`<${name}>\n(.*)\n</${name}>`).exec(user)?.at(1),
    )
    return panel.map((verdict) => ({ text: verdict(first, second) }))
  }
}

const prefers = (text: string) => (first: string, second: string) =>
  first === text ? '(A)' : second === text ? '(B)' : '(C)'
const alwaysFirst = () => '(A)'

test('a preference holds in both orders', async () => {
  const better = await compareAnswers(judge(prefers('Two years.')), pair)
  assert.deepEqual(better, { score: 1, isSwayed: false, reason: 'better than the baseline' })
  const worse = await compareAnswers(judge(prefers('A year.')), pair)
  assert.ok(!('error' in worse) && worse.score === 0)
  const tie = await compareAnswers(judge(prefers('neither')), pair)
  assert.ok(!('error' in tie) && tie.score === 0.5 && !tie.isSwayed)
})

test('a judge that likes a place has no preference, and is told', async () => {
  const found = await compareAnswers(judge(alwaysFirst), pair)
  assert.ok(!('error' in found) && found.score === 0.5 && found.isSwayed, JSON.stringify(found))
})

test('a panel is averaged, and judges that cannot be read are left out', async () => {
  const panel = judge(prefers('Two years.'), prefers('Two years.'), alwaysFirst)
  const found = await compareAnswers(panel, pair)
  assert.ok(!('error' in found))
  assert.equal(found.score.toFixed(4), '0.8333')
  assert.match(found.reason, /3 judges; 1 swayed by the order/)
  const lost = await compareAnswers(async () => [{ error: 'no answer' }, { text: '(A)' }], pair)
  assert.deepEqual(lost, { error: 'judge: no answer' })
})
