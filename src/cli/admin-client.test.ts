import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { until } from '../../test/support/until.ts'
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
  t.after(() => server.closeAllConnections())
  await once(server, 'listening')
  await withRunningAdmin(dataDir, async (admin) => {
    const run = admin.post('/run', {})
    const answer = await until('the run', () => slow[0])
    let told: unknown
    void admin.get('/progress').then((progress) => (told = progress))
    assert.deepEqual(await until('its progress', () => told), { done: 1 })
    answer.end('{}')
    await run
  })
})
