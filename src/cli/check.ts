/** `weir check`: validates the configuration without starting anything. */

import type { Command } from 'commander'
import { readEnvironment } from '../config/environment.ts'
import { formatFault } from '../config/fault.ts'
import { type Config, loadConfig } from '../config/load.ts'
import { builtInProvider, providerTable } from '../providers/table.ts'
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
  } else {
    for (const fault of result.faults) output.note(formatFault(path, fault))
    const count = result.faults.length
    output.fail(`${path ?? 'the configuration'} has ${count} ${count === 1 ? 'fault' : 'faults'}`)
  }
  return result.ok
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
