/** What callers and providers say stays within its line of the log, and does nothing to the terminal that shows it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../core/error.ts'
import { createLog, logError } from './log.ts'

const hostile = [
  'a\n{"level":"info","msg":"forged"}',
  'a\r\n12:00:00 info  forged',
  'a\u001b[2Jb\u001b]0;title\u0007',
  'a\u009b31mb',
  'a\u2028b\u2029c',
  'a\u202egpj.exe',
  'a\u0000b\u0008c\u007f',
]
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

function lines(format: 'json' | 'text', write: (log: ReturnType<typeof createLog>) => void): string {
  let text = ''
  write(createLog({ level: 'debug', format, destination: { write: (line) => void (text += line) } }))
  return text
}

function tell(log: ReturnType<typeof createLog>): void {
  for (const text of hostile) {
    log.info({ said: text, [text]: text, deep: { said: [text] } }, text)
    const upstream = { status: 400, message: text }
    logError(log, new GatewayError('upstream_rejected', text, { upstream }), 'r1')
    logError(log, new GatewayError('internal', 'failed', { cause: new Error(text) }), 'r1')
  }
}

test('JSON: one record to a line, which reads back as it was said', () => {
  const text = lines('json', tell)
  assert.ok(!obeyed.test(text), JSON.stringify(obeyed.exec(text)))
  const records = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.equal(records.length, 3 * hostile.length)
  assert.deepEqual(
    records.filter((_, at) => at % 3 === 0).map(({ msg }) => msg),
    hostile,
  )
})

test('text: what is said cannot begin a line, and holds nothing that a terminal obeys', () => {
  const text = lines('text', tell)
  assert.ok(!obeyed.test(text), JSON.stringify(obeyed.exec(text)))
  const begins = text.split('\n').filter((line) => line !== '' && !line.startsWith('    | '))
  assert.equal(begins.length, 3 * hostile.length)
  for (const line of begins) assert.match(line, /^\d\d:\d\d:\d\d (?:debug|info|warn|error) /)
})
