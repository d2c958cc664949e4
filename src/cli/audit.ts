/** `weir audit`: the proof that nobody has changed the record of administrative acts, and its export. */

import type { Command } from 'commander'
import { asArray, asNumber, asObject, asString } from '../core/json.ts'
import { type DataFlags, withAdmin } from './admin-client.ts'
import { addDataOptions } from './options.ts'
import type { Output } from './output.ts'

interface VerifyFlags extends DataFlags {
  readonly head?: string
  readonly json?: true
}

/** Adds the verbs. `verify` exits with 1 where a record is not right. */
export function addAudit(program: Command, output: Output): void {
  const audit = program.command('audit').description('administrative acts: proof and export')
  addDataOptions(audit.command('verify'))
    .description('follow the chain of hashes; exit code 1 names the first record that is not right')
    .option('--head <hash>', 'a head that was noted earlier: some record must have this hash')
    .option('--json', 'print the proof as JSON')
    .action((flags: VerifyFlags) => verify(flags, output))
  addDataOptions(audit.command('export'))
    .description('every record as JSON Lines, the newest first')
    .action((flags: DataFlags) => exportRecords(flags, output))
}

async function verify({ head, json, ...flags }: VerifyFlags, output: Output): Promise<void> {
  const query = head === undefined ? '' : `?head=${encodeURIComponent(head)}`
  const proof = asObject(await withAdmin(flags, (admin) => admin.get(`/audit/verify${query}`))) ?? {}
  const fault = asObject(proof['fault'])
  const last = asObject(proof['head'])
  if (json) output.printJson(proof)
  else {
    output.print(
      `${asNumber(proof['records']) ?? 0} records are right, head ${asString(last?.['hash']) ?? ''}`,
    )
    if (fault) output.print(`  record ${asNumber(fault['seq']) ?? 0}: ${asString(fault['what']) ?? ''}`)
  }
  if (fault) process.exitCode = 1
}

async function exportRecords(flags: DataFlags, output: Output): Promise<void> {
  await withAdmin(flags, async (admin) => {
    for (let cursor: string | undefined = ''; cursor !== undefined && !output.isGone;) {
      const page = asObject(await admin.get(`/audit?limit=1000${cursor === '' ? '' : `&cursor=${cursor}`}`))
      for (const record of asArray(page?.['data'])) output.print(JSON.stringify(record))
      cursor = asString(page?.['next_cursor'])
    }
  })
}
