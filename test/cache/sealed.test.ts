/** Answers at rest: on disk nothing of them can be read, and what was changed there is a miss. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { startStack, type StackOptions } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const canary = 'canary-7f3a-of-an-answer'
const body = { model: 'openai/echo', messages: [{ role: 'user', content: canary }] }

test('a kept answer outlives a restart, and cannot be read in the file', async (t) => {
  const dataDir = join(createTemporaryFolder(), 'data')
  let providerUrl: string | undefined
  const options: StackOptions = {
    dataDir,
    config: (url) => ({
      cache: { exact: {}, keep: 'disk' },
      // The same one each time: what another provider said is not kept for this one.
      providers: {
        openai: {
          apiKey: 'env:PROVIDER_KEY',
          baseUrl: `${(providerUrl ??= url)}/openai/v1`,
          allowPrivateNetwork: true,
        },
      },
    }),
  }
  const first = await startStack(t, options)
  const told = await (await first.post('/v1/chat/completions', body)).text()
  assert.match(told, new RegExp(canary))
  await first.gateway.stop(true)
  const files = readdirSync(dataDir).filter((name) => name.startsWith('cache.db'))
  assert.ok(files.length > 0)
  for (const name of files) assert.ok(!readFileSync(join(dataDir, name)).includes(canary), name)

  const second = await startStack(t, options)
  const again = await second.post('/v1/chat/completions', body)
  assert.equal(again.headers.get('x-weir-cache'), 'hit')
  assert.match(await again.text(), new RegExp(canary))
  assert.equal(second.simulator.receipts().length, 0)
  await second.gateway.stop(true)

  // One byte of the tag is another.
  const database = new DatabaseSync(join(dataDir, 'cache.db'))
  database.exec(`update answers set value = cast(substr(value, 1, length(value) - 1) ||
    case substr(value, -1) when x'00' then x'01' else x'00' end as blob)`)
  database.close()
  const third = await startStack(t, options)
  const damaged = await third.post('/v1/chat/completions', body)
  assert.equal(damaged.headers.get('x-weir-cache'), 'miss')
  assert.match(await (await fetch(`${third.gateway.url}/metrics`)).text(), /what="corrupt"\} 1/)
})
