import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { controlSocketPath } from '../compose/control-socket.ts'
import { withRunningAdmin } from './admin-client.ts'

test('a call is answered while another goes on, as the progress of a run is', async (t) => {
  const dataDir = createTemporaryFolder()
  const slow: ServerResponse[] = []
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.url === '/admin/v1/run') slow.push(response)
    else response.end('{"done":1}')
  }).listen(controlSocketPath(dataDir))
  t.after(() => server.close())
  await once(server, 'listening')
  await withRunningAdmin(dataDir, async (admin) => {
    const run = admin.post('/run', {})
    const isOver = run.then(() => 'the run is over')
    const progress = admin.get('/progress')
    setTimeout(() => slow[0]?.end('{}'), 500).unref()
    assert.deepEqual(await Promise.race([progress, isOver]), { done: 1 })
    await run
  })
})
