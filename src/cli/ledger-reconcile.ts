/** `weir ledger reconcile`: a provider's bill beside the ledger. */

import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../core/json.ts'
import { type DataFlags, withAdmin } from './admin-client.ts'
import { alignColumns } from './columns.ts'
import { addDataOptions } from './options.ts'
import type { Output } from './output.ts'

interface ReconcileOptions extends DataFlags {
  readonly provider: string
  readonly adjust?: string
  readonly json?: true
}

export function addReconcile(ledger: Command, output: Output): void {
  addDataOptions(ledger.command('reconcile'))
    .description(
      "holds a provider's usage exports against the ledger, by day and model; exit code 1 where they differ",
    )
    .argument('<file...>', 'pages of the usage or costs API (OpenAI, Anthropic, OpenRouter; JSON), or CSV')
    .requiredOption('--provider <name>', 'whose bill it is, as the configuration names it')
    .option('--adjust <reason>', 'correct the ledger by the differences, with lines of the kind adjust')
    .option('--json', 'print the comparison as JSON')
    .action((files: string[], options: ReconcileOptions) => reconcile(files, options, output))
}

async function reconcile(
  files: readonly string[],
  { provider, adjust, json, ...flags }: ReconcileOptions,
  output: Output,
): Promise<void> {
  const exports = files.map((file) => readFileSync(file, 'utf8'))
  const body = { provider, exports, ...(adjust !== undefined && { adjust: { reason: adjust } }) }
  const answer = asObject(await withAdmin(flags, (admin) => admin.post('/ledger/reconcile', body))) ?? {}
  const adjusted = asObject(answer['adjusted'])
  if (json) output.printJson(answer)
  else print(answer, adjusted, output)
  if (asNumber(answer['differ']) !== 0 && !adjusted) process.exitCode = 1
}

const figures = ['requests', 'input_tokens', 'cache_read_tokens', 'output_tokens', 'cost_usd'] as const

function print(answer: JsonObject, adjusted: JsonObject | undefined, output: Output): void {
  const rows = asArray(answer['data']).map((row) => asObject(row) ?? {})
  const differing = rows.filter((row) => asArray(row['differing']).length > 0)
  const [agree = 0, differ = 0] = [asNumber(answer['agree']), asNumber(answer['differ'])]
  output.print(`${agree} days and models agree, ${differ} differ`)
  for (const row of differing) {
    output.print('')
    output.print(`${asString(row['day'])?.slice(0, 10)} ${asString(row['model']) ?? 'all models'}`)
    for (const line of tableOf(row)) output.print(`  ${line}`)
    for (const cause of asArray(row['causes'])) output.print(`  ${asString(cause) ?? ''}`)
  }
  if (!adjusted) return
  const [lines, cost, id] = [adjusted['lines'], adjusted['cost_usd'], adjusted['request_id']].map(cell)
  output.print('')
  output.print(`corrected by ${lines} lines, ${cost} USD together (${id})`)
}

function tableOf(row: JsonObject): string[] {
  const [bill, book] = [asObject(row['provider']) ?? {}, asObject(row['ledger']) ?? {}]
  const marked = new Set(asArray(row['differing']))
  const told = figures.filter((name) => bill[name] !== undefined)
  return alignColumns(
    [
      ['', 'provider', 'ledger', ''],
      ...told.map((name) => [
        name.replaceAll('_', ' '),
        cell(bill[name]),
        cell(book[name]),
        marked.has(name) ? 'differs' : '',
      ]),
    ],
    [false, true, true, false],
  )
}

function cell(value: Json | undefined): string {
  return asString(value) ?? JSON.stringify(value ?? 0)
}
