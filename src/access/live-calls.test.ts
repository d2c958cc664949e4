/** A revocation ends the requests of its key that are under way, and no others. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Interrupt } from '../core/interrupt.ts'
import { createLiveCalls } from './live-calls.ts'

test('the open requests of the key are ended; those of other keys and those that are over are not', () => {
  const calls = createLiveCalls()
  const [open, over, others, later] = Array.from({ length: 4 }, () => new Interrupt())
  const close = calls.open('a', over!)
  calls.open('a', open!)
  calls.open('b', others!)
  close()
  close()
  calls.open('b', later!)
  calls.cut('a')
  assert.equal(open!.reason?.code, 'authentication_failed')
  assert.deepEqual([over!.reason, others!.reason, later!.reason], [undefined, undefined, undefined])
})
