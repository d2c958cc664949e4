/** `weir forget`: deletes what is kept of what a user asked and was answered, and says what stays. */

import type { Command } from 'commander'
import { asArray, asNumber, asObject, asString } from '../core/json.ts'
import { type DataFlags, withAdmin } from './admin-client.ts'
import { addDataOptions } from './options.ts'
import type { Output } from './output.ts'

interface Flags extends DataFlags {
  readonly user: string
  readonly json?: true
}

const lines = [
  ['payloads', 'recorded payloads deleted'],
  ['responses', 'kept responses deleted'],
  ['repeatable_answers', 'answers kept for repeats deleted'],
  ['feedback', 'words of feedback deleted'],
  ['experiment_units', 'places in experiments deleted'],
  ['batches', 'batches deleted'],
  ['files', 'files deleted'],
  ['open_batches', 'batches being cancelled: run this again when they have ended'],
  [
    'cache_entries',
    'cached answers deleted, with the questions of the semantic cache: all, they do not say who asked',
  ],
  ['records', 'request records without the user from now on'],
] as const

export function addForget(program: Command, output: Output): void {
  addDataOptions(program.command('forget'))
    .description("delete a user's payloads, kept answers and files, and take the user out of request records")
    .requiredOption(
      '--user <user>',
      'as requests named it, or the id, name or address of a user of the store',
    )
    .option('--json', 'print what was done as JSON')
    .action(async ({ user, json, ...flags }: Flags) => {
      const done = asObject(await withAdmin(flags, (admin) => admin.post('/forget', { user })))
      if (json) return output.printJson(done)
      for (const [name, meaning] of lines) output.print(`${asNumber(done?.[name]) ?? 0} ${meaning}`)
      output.print('not deleted:')
      for (const line of asArray(done?.['stays'])) output.print(`  ${asString(line) ?? ''}`)
    })
}
