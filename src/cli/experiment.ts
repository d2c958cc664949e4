/** `weir experiment`: how the arms of an experiment compare, its end, and the promotion of an arm. */

import type { Command } from 'commander'
import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../core/json.ts'
import { type DataFlags, withAdmin } from './admin-client.ts'
import { alignColumns } from './columns.ts'
import { addDataOptions } from './options.ts'
import type { Output } from './output.ts'

interface StatusFlags extends DataFlags {
  readonly json?: true
}

interface EndFlags extends StatusFlags {
  readonly reason?: string
  readonly arm?: string
}

/** Adds the verb. Exit code 1 where the gateway refuses. */
export function addExperiment(program: Command, output: Output): void {
  const experiment = program.command('experiment').description('experiments on live traffic')
  addDataOptions(experiment.command('status [route]').aliases(['list', 'show']))
    .description('how the arms compare; looking early is safe')
    .option('--json', 'print it as JSON')
    .action(async (route: string | undefined, { json, ...flags }: StatusFlags) => {
      const path = route === undefined ? '/experiments' : pathOf(route)
      const answer = asObject(await withAdmin(flags, (admin) => admin.get(path)))
      if (json) return output.printJson(answer ?? {})
      const found = route === undefined ? asArray(answer?.['data']).map(asObject) : [answer]
      if (found.length === 0) output.print('there are no experiments: set `strategy: experiment` on a route')
      for (const one of found) output.print(describe(one ?? {}))
    })
  addDataOptions(experiment.command('stop <route>'))
    .description('give all callers the control, within seconds on every instance')
    .requiredOption('--reason <text>', 'why')
    .option('--json', 'print it as JSON')
    .action(async (route: string, { json, reason, ...flags }: EndFlags) => {
      const answer = await withAdmin(flags, (admin) => admin.post(`${pathOf(route)}/stop`, { reason }))
      tell(answer, json, output)
    })
  addDataOptions(experiment.command('promote <route>'))
    .description('make the winner, or the arm named, a revision of the route')
    .option('--arm <name>', 'this arm, whoever has won')
    .option('--reason <text>', 'why')
    .option('--json', 'print it as JSON')
    .action(async (route: string, { json, arm, reason, ...flags }: EndFlags) => {
      const body = { ...(arm !== undefined && { arm }), ...(reason !== undefined && { reason }) }
      const answer = await withAdmin(flags, (admin) => admin.post(`${pathOf(route)}/promote`, body))
      tell(answer, json, output)
      const revision = asString(asObject(answer)?.['revision']) ?? ''
      if (json) return
      const waits = asObject(answer)?.['waits_for_gate'] === true
      output.print(waits ? `${revision} waits for a gate that has passed it` : `${revision} is live`)
    })
}

function pathOf(route: string): string {
  return `/experiments/${encodeURIComponent(route)}`
}

function tell(answer: Json, json: true | undefined, output: Output): void {
  if (json) output.printJson(asObject(answer) ?? {})
  else output.print(describe(asObject(answer) ?? {}))
}

function describe(view: JsonObject): string {
  const told = ['route', 'name', 'state'].map((name) => asString(view[name]) ?? '')
  const notes = ['reason', 'fault', 'winner', 'revision'].flatMap((name) => {
    const value = asString(view[name])
    return value === undefined ? [] : [`  ${name}: ${value}`]
  })
  const ratios = asArray(view['sample_ratio']).map((ratio) => {
    const { of, p, mismatch } = asObject(ratio) ?? {}
    return `  sample ratio of ${asString(of)}: p ${asNumber(p)?.toPrecision(3)}${mismatch === true ? ', MISMATCH' : ''}`
  })
  const arms = asArray(view['arms']).flatMap((arm) => armLines(asObject(arm) ?? {}))
  const table = alignColumns([
    ['arm', 'units', 'metric', 'control', 'arm', 'difference', 'for sure', ''],
    ...arms,
  ])
  return [told.join('  '), ...notes, ...ratios, ...table.map((line) => `  ${line}`)].join('\n')
}

function armLines(arm: JsonObject): string[][] {
  const head = [asString(arm['name']) ?? '', String(asNumber(arm['units']) ?? 0)]
  const lines = asArray(arm['differences']).map((given) => {
    const found = asObject(given) ?? {}
    const [control, own, difference, lower, upper] = ['control', 'arm', 'difference', 'lower', 'upper'].map(
      (name) => short(found[name]),
    )
    const verdict =
      found['guardrail_crossed'] === true ? 'guardrail crossed' : (asString(found['verdict']) ?? '')
    const role = asString(found['role'])
    const metric = `${asString(found['metric'])}${role === 'shown' ? '' : ` (${role})`}`
    return [metric, control!, own!, difference!, `${lower} to ${upper}`, verdict]
  })
  if (lines.length === 0) return [head]
  return lines.map((line, index) => [...(index === 0 ? head : ['', '']), ...line])
}

/** Money comes as text. */
function short(value: Json | undefined): string {
  return Number(value).toPrecision(3)
}
