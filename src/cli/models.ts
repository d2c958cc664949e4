/** `weir models`: the catalogue, with what the configuration adds to it. */

import type { Command } from 'commander'
import { loadConfigOnce } from '../compose/secrets.ts'
import { readEnvironment } from '../config/environment.ts'
import { ConfigError } from '../config/fault.ts'
import { asArray, asObject, asString } from '../core/json.ts'
import { formatUsd } from '../core/money.ts'
import { createCatalogue, loadCatalogueData } from '../models/catalogue.ts'
import { describeModels } from '../models/describe.ts'
import type { ModelInfo } from '../models/model.ts'
import { type Component, periodAt } from '../models/price.ts'
import { builtInProvider, providerTable } from '../providers/table.ts'
import { withAdmin } from './admin-client.ts'
import { alignColumns } from './columns.ts'
import type { Output } from './output.ts'

interface ModelsOptions {
  readonly config?: string
  readonly provider?: string
  readonly json?: true
  readonly notices?: true
  readonly data?: string
}

/** Adds the verb. Exit code 2 where the configuration is at fault, 1 where the provider has no models. */
export function addModels(program: Command, output: Output): void {
  program
    .command('models')
    .description('the catalogue: prices in USD per million tokens, windows, capabilities')
    .option('--config <file>', 'configuration file (default: weir.yaml, where there is one)')
    .option(
      '--provider <name>',
      'only the models of this provider: its name in the configuration, or its type',
    )
    .option('--notices', 'prices that have changed or will, and models that end, instead of the models')
    .option('--data <folder>', 'data folder of the gateway, for `--notices`')
    .option('--json', 'print the models as JSON')
    .action((options: ModelsOptions) =>
      options.notices ? showNotices(options, output) : showModels(options, output, Date.now()),
    )
}

async function showModels({ config: file, provider, json }: ModelsOptions, output: Output, nowMs: number) {
  const result = await loadConfigOnce({
    ...(file === undefined ? {} : { file }),
    folder: process.cwd(),
    env: readEnvironment(),
    known: { types: providerTable, builtIn: builtInProvider },
  })
  if (!result.ok) throw new ConfigError(result.faults, result.file)
  const { models: settings, providers } = result.config
  const types = Object.fromEntries(Object.entries(providers).map(([name, { type }]) => [name, type]))
  const catalogue = createCatalogue(await loadCatalogueData(), { settings, types })
  const shown = provider === undefined ? catalogue.providers : [provider]
  const models = shown.flatMap((name) => catalogue.list(name))
  if (provider !== undefined && models.length === 0) throw new Error(`no models of ${provider} are known`)
  if (json) return output.printJson({ data: describeModels(models, nowMs) })
  for (const line of tableOf(models, nowMs)) output.print(line)
}

async function showNotices(options: ModelsOptions, output: Output): Promise<void> {
  const answer = await withAdmin(options, (admin) => admin.get('/models/notices'))
  if (options.json) return output.printJson(answer)
  const notices = asArray(asObject(answer)?.['data']).map((each) => asObject(each) ?? {})
  for (const { in_use: isInUse, message } of notices) {
    output.print(`${isInUse === true ? 'IN USE  ' : '        '}${asString(message) ?? ''}`)
  }
}

const header = ['MODEL', 'CONTEXT', 'OUTPUT', '$ IN', '$ CACHED', '$ OUT', 'CAN', 'RETIRES']
/** Columns of numbers. */
const isRight = [false, true, true, true, true, true, false, false]

function tableOf(models: readonly ModelInfo[], nowMs: number): string[] {
  return alignColumns([header, ...models.map((model) => rowOf(model, nowMs))], isRight)
}

function rowOf(model: ModelInfo, nowMs: number): string[] {
  const rates = model.price && periodAt(model.price, nowMs).tiers[0].rates
  const usd = (component: Component): string => {
    const rate = rates?.[component]
    return rate === undefined ? '-' : formatUsd(rate)
  }
  return [
    `${model.provider}/${model.id}`,
    model.contextWindow?.toLocaleString('en') ?? '-',
    model.maxOutputTokens?.toLocaleString('en') ?? '-',
    usd('input'),
    usd('cacheRead'),
    usd('output'),
    abilities(model),
    retirement(model),
  ]
}

function abilities({ capabilities, inputModalities = [] }: ModelInfo): string {
  const { tools, structuredOutput, reasoning } = capabilities
  const words = [
    tools === true ? 'tools' : '',
    structuredOutput === true ? 'schema' : '',
    reasoning === undefined || reasoning === false ? '' : 'reasoning',
    ...inputModalities.filter((modality) => modality !== 'text'),
  ]
  return words.filter((word) => word !== '').join(' ')
}

function retirement({ retiresAtMs, successor }: ModelInfo): string {
  if (retiresAtMs === undefined) return ''
  const day = new Date(retiresAtMs).toISOString().slice(0, 10)
  return successor === undefined ? day : `${day} -> ${successor}`
}
