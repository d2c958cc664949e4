/** `weir ledger`: the proof of the ledger, its lines as CSV, JSON Lines or FOCUS, and those who share it. */

import { type Command, Option } from 'commander'
import { asArray, asObject, asString, type JsonObject } from '../core/json.ts'
import type { LedgerLine } from '../ledger/admin.ts'
import { type ExportFormat, exportFormats, exportForms } from '../ledger/export.ts'
import { type DataFlags, withAdmin } from './admin-client.ts'
import { addInstances } from './ledger-instances.ts'
import { addReconcile } from './ledger-reconcile.ts'
import { addDataOptions } from './options.ts'
import type { Output } from './output.ts'

interface VerifyOptions extends DataFlags {
  readonly json?: true
}

interface ExportOptions extends DataFlags {
  readonly format: ExportFormat
  readonly from?: string
  readonly to?: string
}

/** Adds the verbs. `verify` exits with 1 on any difference. */
export function addLedger(program: Command, output: Output): void {
  const ledger = program
    .command('ledger')
    .description('what was spent: proof, export, and the instances that share it')
  addDataOptions(ledger.command('verify'))
    .description('computes the ledger again from its lines; exit code 1 on any difference')
    .option('--json', 'print the proof as JSON')
    .action((options: VerifyOptions) => verify(options, output))
  addDataOptions(ledger.command('export'))
    .description('the lines of the ledger, one per attempt, the last settled first')
    .addOption(
      new Option('--format <format>', 'focus: CSV with the columns of FOCUS 1.2')
        .choices(exportFormats)
        .default('csv'),
    )
    .option('--from <time>', 'attempts from this time on (ISO 8601 with an offset)')
    .option('--to <time>', 'attempts before this time')
    .action((options: ExportOptions) => exportLines(options, output))
  addReconcile(ledger, output)
  addInstances(ledger, output)
}

async function verify({ json, ...flags }: VerifyOptions, output: Output): Promise<void> {
  const proof = asObject(await withAdmin(flags, (admin) => admin.get('/ledger/verify'))) ?? {}
  const differences = asArray(proof['differences'])
  if (json) output.printJson(proof)
  else {
    output.print(asString(proof['line']) ?? '')
    const shared = asObject(proof['shared'])
    if (shared) output.print(sharedLine(shared))
    for (const difference of differences) output.print(`  ${asString(difference) ?? ''}`)
  }
  if (differences.length > 0) process.exitCode = 1
}

/** The line above is of this instance's own journal. */
function sharedLine({ lines, charged_usd: charged, compared, waiting }: JsonObject): string {
  const [all, own, left] = [lines, compared, waiting].map((count) => JSON.stringify(count))
  return (
    `the ledger of all instances: ${all} lines, ${asString(charged)} USD; ` +
    `${own} of this instance were compared with it, ${left} wait to be shipped`
  )
}

async function exportLines({ format, from, to, ...flags }: ExportOptions, output: Output): Promise<void> {
  const range = new URLSearchParams({ limit: '1000' })
  if (from !== undefined) range.set('from', from)
  if (to !== undefined) range.set('to', to)
  const { head, lineOf } = exportForms[format]
  if (head !== undefined) output.print(head)
  await withAdmin(flags, async (admin) => {
    for (let cursor: string | undefined = ''; cursor !== undefined && !output.isGone;) {
      if (cursor !== '') range.set('cursor', cursor)
      const page = asObject(await admin.get(`/ledger?${range.toString()}`)) ?? {}
      for (const line of asArray(page['data'])) {
        // The administration API checks its own answers in tests: they are lines.
        const text = lineOf(line as unknown as LedgerLine)
        if (text !== undefined) output.print(text)
      }
      cursor = asString(page['next_cursor'])
    }
  })
}
