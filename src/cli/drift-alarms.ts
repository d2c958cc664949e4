/** `weir drift alarms` and what people do about one of them. */

import type { Command } from 'commander'
import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../core/json.ts'
import { type AdminClient, type DataFlags, withAdmin } from './admin-client.ts'
import { addDataOptions, readTime } from './options.ts'
import type { Output } from './output.ts'

interface ListFlags extends DataFlags {
  readonly set?: string
  readonly all?: true
  readonly json?: true
}

interface ChangeFlags extends DataFlags {
  readonly json?: true
}

interface SilenceFlags extends ChangeFlags {
  readonly for: number
}

export function addDriftAlarms(drift: Command, output: Output): void {
  addDataOptions(drift.command('alarms').description('the alarms that nobody has resolved, newest first'))
    .option('--set <name>', 'only those of this golden set')
    .option('--all', 'resolved ones too')
    .option('--json', 'print them as JSON')
    .action((flags: ListFlags) => list(flags, output))
  addDataOptions(
    drift
      .command('alarm')
      .description('one alarm: what changed, and the answers before and after')
      .argument('<alarm>', 'its id, or the golden set whose alarm is open'),
  )
    .option('--json', 'print the alarm and its run as JSON')
    .action((id: string, flags: ChangeFlags) => show(id, flags, output))
  for (const [verb, state, description] of [
    ['acknowledge', 'acknowledged', 'somebody looks after this alarm'],
    ['resolve', 'resolved', 'this alarm is over; the next drift opens another'],
  ] as const) {
    addDataOptions(
      drift.command(verb).description(description).argument('<alarm>', 'its id, or its golden set'),
    )
      .option('--json', 'print the alarm as JSON')
      .action((id: string, flags: ChangeFlags) => change(id, { state }, flags, output))
  }
  addDataOptions(
    drift
      .command('silence')
      .description('tell nobody of this alarm for a while')
      .argument('<alarm>', 'its id, or its golden set'),
  )
    .option('--for <time>', 'such as 30m, 12h or 7d', readTime, 24 * 3_600_000)
    .option('--json', 'print the alarm as JSON')
    .action((id: string, { for: lastsMs, ...flags }: SilenceFlags) =>
      change(id, { state: 'silenced', until: new Date(Date.now() + lastsMs).toISOString() }, flags, output),
    )
}

async function list({ set, all, json, ...flags }: ListFlags, output: Output): Promise<void> {
  const found = await withAdmin(flags, alarmsOf)
  const data = found.filter(
    (alarm) => (set === undefined || alarm['set'] === set) && (all || alarm['state'] !== 'resolved'),
  )
  if (json) return output.printJson({ data })
  if (data.length === 0) output.print(all ? 'no alarms' : 'no alarm is open')
  for (const alarm of data) tell(alarm, output)
}

async function alarmsOf(admin: AdminClient): Promise<JsonObject[]> {
  return asArray(asObject(await admin.get('/drift/alarms'))?.['data']).filter(isObject)
}

/** By its id, or the one of a set that is not resolved. */
async function find(admin: AdminClient, given: string): Promise<JsonObject> {
  const alarms = await alarmsOf(admin)
  const found =
    alarms.find(({ id }) => id === given) ??
    alarms.find(({ set, state }) => set === given && state !== 'resolved')
  if (found === undefined)
    throw new Error(`there is no alarm ${given}, and no open one of a set of that name`)
  return found
}

async function change(given: string, to: JsonObject, flags: ChangeFlags, output: Output): Promise<void> {
  const changed = await withAdmin(flags, async (admin) => {
    const { id } = await find(admin, given)
    return admin.patch(`/drift/alarms/${encodeURIComponent(asString(id) ?? '')}`, to)
  })
  if (flags.json) return output.printJson(changed)
  tell(asObject(changed) ?? {}, output)
}

async function show(given: string, flags: ChangeFlags, output: Output): Promise<void> {
  const { alarm, run } = await withAdmin(flags, async (admin) => {
    const found = await find(admin, given)
    const id = encodeURIComponent(asString(found['run_id']) ?? '')
    return { alarm: found, run: asObject(await admin.get(`/drift/runs/${id}`)) ?? {} }
  })
  if (flags.json) return output.printJson({ alarm, run })
  tell(alarm, output)
  for (const reason of asArray(run['reasons']).filter(isObject)) {
    output.print(`  ${reason['note'] === true ? '-' : '!'} ${text(reason['text'])}`)
  }
  const alarming = asArray(run['metrics']).flatMap((metric) => {
    const { alarm: isAlarm, metric: name } = asObject(metric) ?? {}
    return isAlarm === true && name !== undefined ? [name] : []
  })
  for (const evidence of asArray(run['evidence']).filter(isObject)) {
    if (alarming.includes(evidence['metric'] ?? '')) tellEvidence(evidence, output)
  }
}

function tell(alarm: JsonObject, output: Output): void {
  const { id, set, state, title, created_at: at, until, changed_by: by } = alarm
  const who = by === undefined ? '' : ` by ${text(by)}`
  const untilThen = until === undefined ? '' : ` until ${text(until)}`
  output.print(`${text(id)}  ${text(set)}  ${text(state)}${untilThen}${who}, since ${text(at)}`)
  output.print(`  ${text(title)}`)
}

const shownPrompts = 3
const shownCharacters = 300

function tellEvidence({ metric, prompts }: JsonObject, output: Output): void {
  for (const prompt of asArray(prompts).filter(isObject).slice(0, shownPrompts)) {
    output.print(`\n${text(metric)}, ${text(prompt['prompt'])}: ${text(prompt['question'])}`)
    output.print(`  before: ${excerpt(prompt['answer_before'])}`)
    output.print(`  after:  ${excerpt(prompt['answer_after'])}`)
  }
}

const text = (value: Json | undefined): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? '')

function excerpt(value: Json | undefined): string {
  const line = text(value).replaceAll(/\s+/g, ' ')
  return line.length > shownCharacters ? `${line.slice(0, shownCharacters)} …` : line
}
