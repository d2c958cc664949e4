/** `weir check`: validates the configuration without starting anything. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { loadConfigOnce } from '../compose/secrets.ts'
import { readEnvironment } from '../config/environment.ts'
import { formatFault, formatPath } from '../config/fault.ts'
import { type Config, type LoadResult, readDataDir } from '../config/load.ts'
import { formatSecretRef, type ReferenceRead } from '../config/secret-ref.ts'
import { asArray, asNumber, asObject, asString } from '../core/json.ts'
import { builtInProvider, providerTable } from '../providers/table.ts'
import { type AdminClient, type DataFlags, withAdmin, withRunningAdmin } from './admin-client.ts'
import { alignColumns } from './columns.ts'
import type { Output } from './output.ts'
import { unpricedTargets } from './unpriced.ts'

interface CheckOptions {
  readonly config?: string
  readonly secrets?: true
  readonly json?: true
}

/** Adds the verb. Exit code 2 on a fault. */
export function addCheck(program: Command, output: Output): void {
  program
    .command('check')
    .description('validate the configuration; print each fault with its place and how to mend it')
    .option('--config <file>', 'configuration file (default: weir.yaml, where there is one)')
    .option('--secrets', 'tell the state of each secret reference, without its value')
    .option('--json', 'print the outcome as JSON')
    .action(async (options: CheckOptions) => {
      process.exitCode = (await check(options, output)) ? 0 : 2
    })
}

async function check({ config: file, secrets, json }: CheckOptions, output: Output): Promise<boolean> {
  const reads: ReferenceRead[] = []
  const result = await loadConfigOnce({
    ...(file === undefined ? {} : { file }),
    folder: process.cwd(),
    env: readEnvironment(),
    known: { types: providerTable, builtIn: builtInProvider },
    onReference: (read) => reads.push(read),
  })
  const path = result.ok ? result.config.file : result.file
  const rows = rowsOf(reads)
  if (secrets) await tellAudit(rows, { ...(file !== undefined && { config: file }) }, result, output)
  const unpriced = result.ok ? await unpricedTargets(result.config) : []
  if (json) {
    output.printJson({
      valid: result.ok,
      file: path ?? null,
      faults: result.ok ? [] : result.faults,
      ...(secrets && { secrets: rows }),
      ...(unpriced.length > 0 && { unpriced }),
    })
    return result.ok
  }
  if (secrets) for (const line of tableOf(rows)) output.print(line)
  if (result.ok) {
    output.print(summarise(result.config))
    if (unpriced.length > 0) {
      output.print(
        `  no price    ${unpriced.join(', ')}: under hard caps their calls are refused, unless \`models\` sets one ` +
          'or `ledger.unknownCost` allows it',
      )
    }
    await tellDifferences(result.config, output)
  } else {
    for (const fault of result.faults) output.note(formatFault(path, fault))
    const count = result.faults.length
    output.fail(`${path ?? 'the configuration'} has ${count} ${count === 1 ? 'fault' : 'faults'}`)
  }
  return result.ok
}

/** Where a gateway runs: the routes whose live revision is not what the file says. */
async function tellDifferences({ dataDir }: Config, output: Output): Promise<void> {
  const routes = await withRunningAdmin(dataDir, (admin) => admin.get('/routes')).catch(() => undefined)
  for (const item of asArray(asObject(routes)?.['data'])) {
    const { name, live, last, differs_from_file: differs } = asObject(item) ?? {}
    if (differs !== true) continue
    output.print(
      `  route ${asString(name) ?? ''}: revision ${asNumber(live)} is live, and the file says otherwise; the newest is ${asNumber(last)}`,
    )
  }
}

/** That secrets were read is in the audit, as far as there is one: a check starts nothing, and makes no database. */
async function tellAudit(
  rows: readonly SecretRow[],
  flags: DataFlags,
  result: LoadResult,
  output: Output,
): Promise<void> {
  const references = rows.map(({ path, reference, state }) => ({ path, reference, state }))
  const tell = async (admin: AdminClient) => {
    await admin.post('/secrets/checks', { references })
    return true
  }
  try {
    const file = flags.config === undefined ? {} : { file: flags.config }
    const dataDir = await readDataDir({ folder: process.cwd(), ...file })
    if (await withRunningAdmin(dataDir, tell)) return
    const hasDatabase =
      result.ok && (result.config.store !== 'sqlite' || existsSync(join(dataDir, 'weir.db')))
    if (hasDatabase) await withAdmin(flags, tell)
    else output.note('not in the audit: no gateway runs here, and there is no database to start one on')
  } catch (cause) {
    output.note(`not in the audit: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

interface SecretRow {
  readonly path: string
  readonly reference: string
  readonly state: 'ok' | 'fault'
  readonly fault?: string
}

/** What need not be secret and stands in the file as it is, is left out. */
function rowsOf(reads: readonly ReferenceRead[]): SecretRow[] {
  return reads
    .filter(({ ref }) => ref.source.kind !== 'open')
    .map(toRow)
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function toRow({ path, ref, fault }: ReferenceRead): SecretRow {
  return {
    path: formatPath(path),
    reference: formatSecretRef(ref),
    state: fault ? 'fault' : 'ok',
    ...(fault && { fault: fault.message }),
  }
}

function tableOf(rows: readonly SecretRow[]): string[] {
  if (rows.length === 0) return ['no secret references']
  const cells = rows.map(({ path, reference, fault }) => [path, reference, fault ?? 'ok'])
  return alignColumns([['SETTING', 'REFERENCE', 'STATE'], ...cells])
}

function summarise(config: Config): string {
  const { server } = config
  const scheme = server.tls ? 'https' : 'http'
  const host = server.host.includes(':') ? `[${server.host}]` : server.host
  return [
    config.file === undefined ? 'no weir.yaml here: the defaults are valid' : `${config.file} is valid`,
    `  listens on  ${scheme}://${host}:${server.port}`,
    `  data        ${config.dataDir}`,
    `  providers   ${names(Object.keys(config.providers))}`,
    `  routes      ${names(Object.keys(config.routes))}`,
    `  keys        ${names(config.keys.map((key) => key.name))}`,
  ].join('\n')
}

function names(list: readonly string[]): string {
  return list.length === 0 ? '(none)' : list.join(', ')
}
