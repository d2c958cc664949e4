/** `weir backup` and `weir restore`: a data directory as one file, and back. */

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { readDataDir } from '../config/load.ts'
import { asArray, asNumber, asObject } from '../core/json.ts'
import { type DataFlags, withAdmin } from './admin-client.ts'
import { addDataOptions } from './options.ts'
import type { Output } from './output.ts'

interface BackupFlags extends DataFlags {
  readonly json?: true
}

interface RestoreFlags extends BackupFlags {
  readonly replace?: true
}

export function addBackup(program: Command, output: Output): void {
  addDataOptions(
    program
      .command('backup')
      .description(
        'write the data directory into one file, while the gateway serves; its key files are in it, what is in ' +
          'PostgreSQL or Redis is not',
      )
      .argument('<file>', 'the archive to write; it must not be there yet'),
  )
    .option('--json', 'print the list of what it holds as JSON')
    .action(async (file: string, flags: BackupFlags) => {
      const path = resolve(file)
      const written = await withAdmin(flags, (admin) => admin.post('/backups', { path }))
      if (flags.json) return output.printJson(written)
      output.print(`${path}: ${summaryOf(asArray(asObject(written)?.['files']))}`)
    })
}

export function addRestore(program: Command, output: Output): void {
  addDataOptions(
    program
      .command('restore')
      .description('put a backup in place of the data directory; no gateway may use it')
      .argument('<file>', 'an archive that `weir backup` wrote'),
  )
    .option('--replace', 'move what the directory holds aside, into a folder within it')
    .option('--json', 'print the list of what was restored as JSON')
    .action(async (file: string, flags: RestoreFlags) => {
      const { restoreBackup } = await import('../compose/backup.ts')
      const { config, data, replace = false } = flags
      const folder = process.cwd()
      const dataDir =
        data === undefined ? await readDataDir({ folder, ...(config && { file: config }) }) : resolve(data)
      const restored = await restoreBackup(resolve(file), dataDir, replace)
      if (flags.json) return output.printJson(restored)
      output.print(`${dataDir}: ${summaryOf(restored.manifest.files)}, as of ${restored.manifest.createdAt}`)
      if (restored.movedTo !== undefined) output.note(`what was there is in ${restored.movedTo}`)
    })
}

function summaryOf(files: readonly unknown[]): string {
  const bytes = files.reduce<number>((sum, file) => sum + (asNumber(asObject(file)?.['bytes']) ?? 0), 0)
  return `${files.length} files, ${(bytes / 1_048_576).toFixed(1)} MiB`
}
