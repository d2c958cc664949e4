import test from 'node:test'
import { stackProviders, startStack, testKey } from '../support/stack.ts'
import { assertOnPage } from '../support/conformance-page.ts'
import { conformanceTables } from './conformance-tables.ts'
import { createClients, matrixRows } from './matrix.ts'
import { type Cell, matrixTable } from './matrix-table.ts'

test('real clients, each with providers of every dialect', async (t) => {
  const stack = await startStack(t)
  const clients = createClients({ url: stack.gateway.url, key: testKey })
  const cells: Cell[] = []
  const rows = matrixRows(clients, stackProviders)
  for (const { sdk, provider, feature, absent, run } of rows) {
    const tell = (outcome: Cell['outcome']) => cells.push({ sdk, provider, feature, outcome })
    if (absent !== undefined) {
      tell('absent')
      continue
    }
    await t.test(`${sdk} | ${provider} | ${feature}`, async () => {
      try {
        await run(stack)
        tell('passed')
      } catch (error) {
        tell('failed')
        throw error
      }
    })
  }
  for (const line of matrixTable(cells)) t.diagnostic(line)
  if (cells.some(({ outcome }) => outcome === 'failed')) return
  assertOnPage('clients', conformanceTables(clients, rows))
})
