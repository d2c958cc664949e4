/** `weir ledger instances` and `weir ledger forget-instance`: who shares the ledger, and the end of one that is gone. */

import type { Command } from 'commander'
import { asArray, asNumber, asObject, asString, type JsonObject } from '../core/json.ts'
import { type DataFlags, withAdmin } from './admin-client.ts'
import { alignColumns } from './columns.ts'
import { addDataOptions } from './options.ts'
import type { Output } from './output.ts'

interface Options extends DataFlags {
  readonly json?: true
}

export function addInstances(ledger: Command, output: Output): void {
  addDataOptions(ledger.command('instances'))
    .description('the instances that share the ledger and the counters of budgets')
    .option('--json', 'print them as JSON')
    .action((options: Options) => list(options, output))
  addDataOptions(ledger.command('forget-instance'))
    .description('forgets an instance that will not come back: what it kept of budgets is free again')
    .argument('<name>', 'as `weir ledger instances` lists it; behind `--` where it begins with a dash')
    .option('--json', 'print what was freed as JSON')
    .action((name: string, options: Options) => forget(name, options, output))
}

async function list({ json, ...flags }: Options, output: Output): Promise<void> {
  const answer = asObject(await withAdmin(flags, (admin) => admin.get('/ledger/instances'))) ?? {}
  if (json) return output.printJson(answer)
  const rows = asArray(answer['data']).map((row) => {
    const { name, is_self: isSelf, is_alive: isAlive, ...more } = asObject(row) ?? {}
    const lines = asNumber(more['shipped_lines'])
    return [
      asString(name) ?? '',
      isSelf === true ? 'this one' : isAlive === true ? 'alive' : 'gone',
      asString(more['seen_at']) ?? '',
      lines === undefined ? '' : `${lines} lines shipped`,
    ]
  })
  for (const line of alignColumns(rows, [false, false, false, true])) output.print(line)
}

async function forget(name: string, { json, ...flags }: Options, output: Output): Promise<void> {
  const path = `/ledger/instances/${encodeURIComponent(name)}`
  const answer = asObject(await withAdmin(flags, (admin) => admin.delete(path))) ?? {}
  if (json) return output.printJson(answer)
  output.print(`${name} is forgotten. Lines of its journal that it had not shipped are on its disk alone.`)
  for (const budget of asArray(answer['budgets'])) output.print(`  ${budgetLine(asObject(budget) ?? {})}`)
}

function budgetLine({ budget, counted_usd: counted, freed_usd: freed }: JsonObject): string {
  return `budget ${asString(budget)}: ${asString(freed)} USD are free again; ${asString(counted)} USD that its open calls held count as spent`
}
