import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { createOutput } from './output.ts'

const streams = () => [new PassThrough(), new PassThrough()] as unknown as NodeJS.WriteStream[]

test('a reader that goes away early is no failure, and whoever prints can know', () => {
  const [stdout, stderr] = streams()
  const output = createOutput(stdout!, stderr!)
  assert.equal(output.isGone, false)
  stdout!.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
  assert.equal(output.isGone, true)
  assert.throws(() => stdout!.emit('error', Object.assign(new Error('write EIO'), { code: 'EIO' })), /EIO/)
})

test('of standard error it says nothing about the answer', () => {
  const [stdout, stderr] = streams()
  const output = createOutput(stdout!, stderr!)
  stderr!.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
  assert.equal(output.isGone, false)
})
