/** `weir secrets`: secrets in the database, for references such as `stored:openai`. */

import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { asArray, asNumber, asObject, asString } from '../core/json.ts'
import { type DataFlags, withAdmin } from './admin-client.ts'
import { alignColumns } from './columns.ts'
import type { Output } from './output.ts'

interface Flags extends DataFlags {
  readonly json?: true
}

/** Adds the verb. Exit code 1 where the gateway refuses. */
export function addSecrets(program: Command, output: Output): void {
  const secrets = program.command('secrets').description('secrets in the database: set, list, rotate, delete')
  withFlags(
    secrets.command('set <name>').description('store a secret, read from standard input; it is never shown'),
  ).action(async (name: string, flags: Flags) => {
    // Not an argument: those are in the shell's history and in the list of processes.
    if (process.stdin.isTTY) output.note('type the secret, then Enter and Ctrl-D (it is seen on this screen)')
    const value = (await text(process.stdin)).trim()
    if (value === '') throw new Error(`nothing came on standard input: weir secrets set ${name} < FILE`)
    const state = asObject(await withAdmin(flags, (admin) => admin.post('/secrets', { name, value })))
    if (flags.json) output.printJson(state)
    else output.print(`stored ${name}, version ${asNumber(state?.['version'])}: write \`stored:${name}\``)
  })
  withFlags(secrets.command('list').description('the stored secrets, without their values')).action(
    async (flags: Flags) => list(flags, output),
  )
  withFlags(
    secrets
      .command('rotate')
      .description('make a new data key, seal all secrets with it, and wrap older ones by the key in force'),
  ).action(async (flags: Flags) => {
    const counts = asObject(await withAdmin(flags, (admin) => admin.post('/secrets/rotate')))
    if (flags.json) output.printJson(counts)
    else
      output.print(`${asNumber(counts?.['secrets'])} secrets, data key ${asNumber(counts?.['key_version'])}`)
  })
  withFlags(secrets.command('delete <name>').description('delete a stored secret')).action(
    async (name: string, flags: Flags) => {
      const gone = await withAdmin(flags, (admin) => admin.delete(`/secrets/${encodeURIComponent(name)}`))
      if (flags.json) output.printJson(gone)
      else output.print(`deleted ${name}`)
    },
  )
}

async function list(flags: Flags, output: Output): Promise<void> {
  const answer = asObject(await withAdmin(flags, (admin) => admin.get('/secrets')))
  if (flags.json) return output.printJson(answer)
  const rows = asArray(answer?.['data']).map((each) => {
    const secret = asObject(each)
    const number = (field: string) => String(asNumber(secret?.[field]) ?? '')
    return [
      asString(secret?.['name']) ?? '',
      number('version'),
      number('key_version'),
      asString(secret?.['updated_at']) ?? '',
    ]
  })
  if (rows.length === 0) return output.print('no secrets are stored')
  for (const line of alignColumns(
    [['NAME', 'VERSION', 'DATA KEY', 'UPDATED'], ...rows],
    [false, true, true],
  )) {
    output.print(line)
  }
}

function withFlags(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (default: weir.yaml, where there is one)')
    .option('--data <folder>', 'folder of everything the gateway keeps')
    .option('--json', 'print JSON')
}
