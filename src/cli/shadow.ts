/** `weir shadow`: what the candidates that are asked behind the callers' backs have come to. */

import { type Command, InvalidArgumentError } from 'commander'
import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../core/json.ts'
import { type DataFlags, withAdmin } from './admin-client.ts'
import { alignColumns } from './columns.ts'
import { addDataOptions } from './options.ts'
import type { Output } from './output.ts'

interface StatusFlags extends DataFlags {
  readonly json?: true
}

interface ListFlags extends StatusFlags {
  readonly target?: string
  readonly limit: number
}

/** Adds the verb. Exit code 1 where the gateway refuses. */
export function addShadow(program: Command, output: Output): void {
  const shadow = program
    .command('shadow')
    .description('requests that candidates were asked too; `shadow` of the configuration says which')
  addDataOptions(shadow.command('status <route>'))
    .description('how the candidates compare with what callers were given')
    .option('--json', 'print it as JSON')
    .action(async (route: string, { json, ...flags }: StatusFlags) => {
      const answer = asObject(await withAdmin(flags, (admin) => admin.get(pathOf(route))))
      if (json) return output.printJson(answer ?? {})
      const found = objects(answer?.['data'])
      if (found.length === 0) return output.print(`nothing of ${route} has been asked of a candidate`)
      for (const line of found.flatMap(describe)) output.print(line)
    })
  addDataOptions(shadow.command('list <route>'))
    .description('the newest comparisons, one a line')
    .option('--target <target>', 'only this candidate')
    .option('--limit <n>', 'how many', readLimit, 20)
    .option('--json', 'print them as JSON')
    .action(async (route: string, { json, target, limit, ...flags }: ListFlags) => {
      const query = new URLSearchParams({ limit: String(limit), ...(target !== undefined && { target }) })
      const path = `${pathOf(route)}/comparisons?${query.toString()}`
      const answer = asObject(await withAdmin(flags, (admin) => admin.get(path)))
      if (json) return output.printJson(answer ?? {})
      for (const line of alignColumns([listHead, ...objects(answer?.['data']).map(listRow)])) {
        output.print(line)
      }
    })
}

function readLimit(text: string): number {
  const limit = Number(text)
  if (!/^\d{1,4}$/.test(text) || limit < 1 || limit > 1000)
    throw new InvalidArgumentError('Write a number from 1 to 1000.')
  return limit
}

const pathOf = (route: string): string => `/shadow/${encodeURIComponent(route)}`
const objects = (value: Json | undefined): JsonObject[] =>
  asArray(value).map((each) => asObject(each as Json) ?? {})

function describe(summary: JsonObject): string[] {
  const { target, comparisons, primary, shadow, likeness, preference, swayed, spent_usd: spent } = summary
  const head = `${asString(target)}  ${asNumber(comparisons)} comparisons, ${asString(spent)} USD spent`
  const table = alignColumns([
    ['', 'failed', 'mean ms', 'mean USD', 'mean tokens'],
    sideRow('callers got', asObject(primary) ?? {}),
    sideRow('candidate', asObject(shadow) ?? {}),
  ])
  const judged = asObject(preference)
  const notes = [
    ...(likeness === undefined ? [] : [`words in common: ${figure(likeness)}`]),
    ...(judged === undefined
      ? []
      : [
          `preferred by the judge: ${figure(judged['mean'])} (${figure(judged['lower'])} to ${figure(judged['upper'])}) of ${asNumber(judged['judged'])}, 0.5 is neither; swayed by the order: ${asNumber(swayed)}`,
        ]),
  ]
  return [head, ...[...table, ...notes].map((line) => `  ${line}`)]
}

function sideRow(name: string, side: JsonObject): string[] {
  const cells = ['mean_ms', 'mean_cost_usd', 'mean_output_tokens'].map((key) => figure(side[key]))
  return [name, String(asNumber(side['failed']) ?? 0), ...cells]
}

const listHead = ['at', 'request', 'candidate', 'callers got', 'ms', 'candidate', 'ms', 'likeness']

function listRow(comparison: JsonObject): string[] {
  const { created_at: at, request_id: request, target, likeness } = comparison
  const sides = ['primary', 'shadow'].flatMap((name) => {
    const { status, code, duration_ms: ms } = asObject(comparison[name]) ?? {}
    return [asString(code) ?? asString(status) ?? '', figure(ms)]
  })
  return [asString(at) ?? '', asString(request) ?? '', asString(target) ?? '', ...sides, figure(likeness)]
}

/** Money comes as text. */
function figure(value: Json | undefined): string {
  return value === undefined ? '-' : String(Number(Number(value).toPrecision(3)))
}
