import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Closers } from './closers.ts'

test('what was opened last is closed first, and one that fails keeps none of the others open', async () => {
  const closed: string[] = []
  const closers = new Closers()
  closers.add(() => void closed.push('lock'))
  closers.add(() => Promise.reject(new Error('a store')))
  closers.add(async () => {
    await Promise.resolve()
    closed.push('queue')
  })
  closers.add(() => {
    throw new Error('a socket')
  })
  await assert.rejects(closers.close(), (error: AggregateError) => {
    assert.deepEqual(error.errors.map(String), ['Error: a socket', 'Error: a store'])
    return true
  })
  assert.deepEqual(closed, ['queue', 'lock'])
})

test('the only failure is told as it is', async () => {
  const closers = new Closers()
  const failure = new Error('a store')
  closers.add(() => Promise.reject(failure))
  await assert.rejects(closers.close(), failure)
})
