import test from 'node:test'
import { stackProviders, startStack, testKey } from '../support/stack.ts'
import { createClients, matrixRows, matrixTable, type Row } from './matrix.ts'

test('real clients, each with providers of every dialect', async (t) => {
  const stack = await startStack(t)
  const clients = createClients({ url: stack.gateway.url, key: testKey })
  const outcomes: { row: Row; outcome: 'passed' | 'failed' | 'absent' }[] = []
  for (const row of matrixRows(clients, stackProviders)) {
    if (row.absent !== undefined) {
      outcomes.push({ row, outcome: 'absent' })
      continue
    }
    await t.test(`${row.sdk} | ${row.provider} | ${row.feature}`, async () => {
      try {
        await row.run(stack)
        outcomes.push({ row, outcome: 'passed' })
      } catch (error) {
        outcomes.push({ row, outcome: 'failed' })
        throw error
      }
    })
  }
  for (const line of matrixTable(outcomes)) t.diagnostic(line)
})
