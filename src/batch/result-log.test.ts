/** What a failure of the power, or another instance, took of results is told as lost, and takes no other with it. */

import assert from 'node:assert/strict'
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { until } from '../../test/support/until.ts'
import { systemClock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { asObject, type Json, parseJson } from '../core/json.ts'
import { type Batch, noUsage } from './batch.ts'
import { concludeBatch } from './conclude.ts'
import { openFileFolder } from './file-folder.ts'
import type { SettledLine, StoredFile } from './port.ts'
import { partName, ResultLog } from './result-log.ts'
import { plainBatch } from '../../test/support/plain-batch.ts'

const textOf = (line: number) => JSON.stringify({ custom_id: `line-${line}`, response: 'x'.repeat(50) })

function setUp() {
  const root = createTemporaryFolder()
  const folder = openFileFolder(root)
  const settled = new Map<number, SettledLine>()
  const store = { isAway: false }
  const open = () =>
    new ResultLog({
      store: {
        async settle(_id, _holder, lines) {
          if (store.isAway) throw new Error('the store is away')
          for (const line of lines) settled.set(line.line, line)
          return batch
        },
        endOfPart: async () =>
          Math.max(0, ...[...settled.values()].map(({ offset, bytes }) => offset + bytes)),
      },
      folder,
      instance: 'i',
      clock: systemClock,
      isDurable: false,
      onError: (cause) => assert.ok(store.isAway, String(cause)),
    })
  const append = (log: ResultLog, line: number) =>
    log.append(batch.id, { line, isError: false, costNanoUsd: 0, usage: noUsage, text: textOf(line) })
  /** The custom ids of answers, and the errors. */
  const conclude = async () => {
    const kept: StoredFile[] = []
    await concludeBatch(batch, {
      store: {
        lines: async (_id, after) =>
          [...settled.values()]
            .filter(({ line }) => line > after)
            .map(({ line, ...result }) => ({ line, offset: 0, bytes: 1, result })),
        change: async () => batch,
      },
      files: { put: async (file) => void kept.push(file) },
      folder,
      clock: systemClock,
      receivers: () => [],
      ttlMs: () => 1000,
      parse,
      mayGoOn: () => undefined,
    })
    const texts = new Map<string, string>()
    for (const { id, filename } of kept) {
      let text = ''
      for await (const chunk of folder.read(id)) text += chunk.toString()
      texts.set(filename.replace(/.*_(\w+)\.jsonl/, '$1'), text)
    }
    return { output: texts.get('output'), errors: texts.get('errors')?.match(/was lost/g)?.length ?? 0 }
  }
  return { path: join(root, partName(batch.id, 'i')), store, open, append, conclude }
}

test('results that the power took are lost; those after them stand in nobody’s place', async () => {
  const { path, open, append, conclude } = setUp()
  const before = open()
  for (const line of [1, 2, 3]) await append(before, line)
  await before.close()
  truncateSync(path, 110)
  const after = open()
  await after.recover(batch.id)
  for (const line of [4, 5]) await append(after, line)
  await after.close()
  assert.deepEqual(await conclude(), {
    output: [1, 4, 5].map((line) => `${textOf(line)}\n`).join(''),
    errors: 2,
  })
})

test('a batch whose results are gone ends all the same', async () => {
  const { path, open, append, conclude } = setUp()
  const log = open()
  for (const line of [1, 2]) await append(log, line)
  await log.close()
  rmSync(path)
  assert.deepEqual(await conclude(), { output: undefined, errors: 2 })
})

test('a batch whose input is not what it was ends all the same', async () => {
  const root = createTemporaryFolder()
  const folder = openFileFolder(root)
  const texts = ['{"custom_id":"good"}', '{"custom_id":"ba\0\0\0\0\0']
  writeFileSync(join(root, 'file-input'), texts.join(''))
  const lines = texts.map(({ length: bytes }, n) => ({ line: n + 1, offset: n * texts[0]!.length, bytes }))
  const kept: StoredFile[] = []
  const ended = await concludeBatch(
    { ...batch, inputFileId: 'file-input', stop: 'expired' },
    {
      store: { lines: async (_id, after) => lines.slice(after), change: async () => batch },
      files: { put: async (file) => void kept.push(file) },
      folder,
      clock: systemClock,
      receivers: () => [],
      ttlMs: () => 1000,
      parse,
      mayGoOn: () => undefined,
    },
  )
  assert.ok(ended)
  const text = readFileSync(join(root, kept[0]!.id), 'utf8')
  const ids = text
    .trimEnd()
    .split('\n')
    .map((line) => asObject(parseJson(line))?.['custom_id'])
  assert.deepEqual(ids, ['good', ''])
})

test('closed while the store is away, it waits no longer; what it has is told at the next start', async () => {
  const { path, store, open, append, conclude } = setUp()
  const log = open()
  await append(log, 1)
  store.isAway = true
  const second = append(log, 2)
  await until('its place on the disk', () =>
    readFileSync(path, 'utf8').includes('line-2') ? true : undefined,
  )
  await log.close()
  assert.deepEqual([await second, await append(log, 3)], [undefined, undefined])
  store.isAway = false
  const next = open()
  await next.recover(batch.id)
  await next.close()
  assert.deepEqual(await conclude(), {
    output: [1, 2].map((line) => `${textOf(line)}\n`).join(''),
    errors: 0,
  })
})

function parse(text: Buffer): Json {
  const value = parseJson(text.toString())
  if (value === undefined) throw new GatewayError('invalid_request', 'The body is not valid JSON.')
  return value
}

const batch: Batch = { ...plainBatch, inputFileId: 'file-none', status: 'finalizing', total: 5, completed: 5 }
