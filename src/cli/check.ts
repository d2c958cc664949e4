/** `weir check`: validates the configuration without starting anything. */

import type { Command } from 'commander'
import { readEnvironment } from '../config/environment.ts'
import { formatFault } from '../config/fault.ts'
import { type Config, loadConfig } from '../config/load.ts'
import { asArray, asNumber, asObject, asString } from '../core/json.ts'
import { builtInProvider, providerTable } from '../providers/table.ts'
import { withRunningAdmin } from './admin-client.ts'
import type { Output } from './output.ts'

/** Adds the verb. Exit code 2 on a fault. */
export function addCheck(program: Command, output: Output): void {
  program
    .command('check')
    .description('validate the configuration; print each fault with its place and how to mend it')
    .option('--config <file>', 'configuration file (default: weir.yaml, where there is one)')
    .option('--json', 'print the outcome as JSON')
    .action(async ({ config: file, json }: { config?: string; json?: true }) => {
      process.exitCode = (await check(file, json === true, output)) ? 0 : 2
    })
}

async function check(file: string | undefined, isJson: boolean, output: Output): Promise<boolean> {
  const result = await loadConfig({
    ...(file === undefined ? {} : { file }),
    folder: process.cwd(),
    env: readEnvironment(),
    known: { types: providerTable, builtIn: builtInProvider },
  })
  const path = result.ok ? result.config.file : result.file
  if (isJson) {
    output.printJson({ valid: result.ok, file: path ?? null, faults: result.ok ? [] : result.faults })
  } else if (result.ok) {
    output.print(summarise(result.config))
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
