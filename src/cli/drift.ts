/** `weir drift`: golden prompts against their baseline. */

import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { asArray, asNumber, asObject, asString, isObject, type Json, type JsonObject } from '../core/json.ts'
import { readGoldenFiles } from '../drift/golden-files.ts'
import { SuiteError } from '../judgement/suite/source.ts'
import { type AdminClient, type DataFlags, withAdmin } from './admin-client.ts'
import { addDriftAlarms } from './drift-alarms.ts'
import { type DriftGoldenFlags, makeGoldenSet } from './drift-golden.ts'
import { addDriftSets } from './drift-sets.ts'
import { addDataOptions, readCount } from './options.ts'
import type { Output } from './output.ts'

interface RunFlags extends DataFlags {
  readonly once?: string
  readonly set?: string
  readonly baseline?: true
  readonly times?: number
  readonly html?: string
  readonly json?: true
}

interface AcceptFlags extends DataFlags {
  readonly reason: string
  readonly lastRuns: number
  readonly json?: true
}

const exitUsage = 2
const exitDrift = 100
const exitNoData = 101

export function addDrift(program: Command, output: Output): void {
  const drift = program.command('drift').description('golden prompts against their baseline')
  addDataOptions(drift.command('run').description('ask the golden prompts now, and judge the answers'))
    .option('--once <file>', 'run this golden set; absent: all that are kept')
    .option('--set <name>', 'run this kept golden set')
    .option('--baseline', 'record a run of the baseline instead')
    .option('--times <number>', 'so many runs, one after the other', readCount)
    .option('--html <file>', 'write the report of the last run')
    .option('--json', 'print the judgement as JSON')
    .action((flags: RunFlags) => run(flags, output))
  addDataOptions(drift.command('status').description('golden sets, their baselines and last verdicts'))
    .option('--json', 'print them as JSON')
    .action(async (flags: DataFlags & { json?: true }) => {
      const status = await withAdmin(flags, (admin) => admin.get('/drift'))
      if (flags.json) return output.printJson(status)
      showStatus(asArray(asObject(status)?.['data']), output)
    })
  addDataOptions(
    drift
      .command('accept')
      .description('what the target does now is right: begin the next baseline')
      .argument('<set>', 'the name of the golden set'),
  )
    .requiredOption('--reason <text>', 'why it is right')
    .option('--last-runs <number>', 'so many of the last runs are its first ones', readCount, 0)
    .option('--json', 'print the baseline as JSON')
    .action(async (set: string, { reason, lastRuns, json, ...flags }: AcceptFlags) => {
      const body = { reason, last_runs: lastRuns }
      const accepted = asObject(
        await withAdmin(flags, (admin) => admin.post(`/drift/${encodeURIComponent(set)}/accept`, body)),
      )
      if (json) return output.printJson(accepted)
      output.print(`baseline ${show(accepted?.['number'])} of ${set} has ${show(accepted?.['runs'])} runs`)
    })
  addGolden(drift, output)
  addDriftSets(drift, output)
  addDriftAlarms(drift, output)
}

function addGolden(drift: Command, output: Output): void {
  addDataOptions(drift.command('golden').argument('<route>', 'whose recorded requests'))
    .description(
      'make a golden set of recorded requests: each question once, and what is asked often among them',
    )
    .option('-o, --output <file>', 'write it there instead of printing it')
    .option('--name <name>', 'of the set (ROUTE-traffic)')
    .option('--target <target>', 'what is watched: a route or provider/model (the route)')
    .option('--prompts <number>', 'at most so many (50)', readCount)
    .option('--samples <number>', 'answers per prompt and run (5)', readCount)
    .option('--schedule <cron>', 'it runs by this schedule from now on')
    .option('--from <time>', 'only requests since then, in ISO 8601')
    .option('--to <time>', 'only requests before that')
    .option('--user <user>', 'only requests of this user')
    .option('--session <session>', 'only requests of this session')
    .option('--tag <tag>', 'only requests with this tag')
    .option('--look-at <number>', 'so many of the newest requests (2000)', readCount)
    .action((route: string, flags: DriftGoldenFlags) => makeGoldenSet(route, flags, output))
}

async function run(flags: RunFlags, output: Output): Promise<void> {
  let files: { file: string; files: Readonly<Record<string, string>> } | undefined
  try {
    files = flags.once === undefined ? undefined : await readGoldenFiles(flags.once)
  } catch (error) {
    if (!(error instanceof SuiteError)) throw error
    output.fail(`the golden set cannot be used\n${error.message}`)
    process.exitCode = exitUsage
    return
  }
  const body = {
    ...files,
    ...(flags.set !== undefined && { set: flags.set }),
    ...(flags.times !== undefined && { times: flags.times }),
    baseline: flags.baseline === true,
  }
  const { runs, html } = await withAdmin(flags, async (admin) => {
    const answer = await withProgress(admin, output, () => admin.post('/drift/runs', body))
    const data = asArray(asObject(answer)?.['data']).filter(isObject)
    const last = data.at(-1)
    const page =
      flags.html === undefined || last === undefined
        ? undefined
        : await admin.get(`/drift/runs/${show(last['id'])}/report`)
    return { runs: data, html: asString(asObject(page)?.['html']) }
  })
  if (flags.html !== undefined && html !== undefined) {
    await writeFile(flags.html, html)
    output.note(`the report of the last run is ${flags.html}`)
  }
  if (runs.length === 0) throw new Error('there is no golden set: name one with --once')
  const verdict = worstOf(runs)
  if (flags.json) output.printJson(runs.length === 1 ? runs[0] : { verdict, data: runs })
  else for (const one of runs) showRun(one, output)
  process.exitCode = verdict === 'drift' ? exitDrift : verdict === 'no-data' ? exitNoData : 0
}

const severity = ['drift', 'no-data', 'warning', 'ok']

function worstOf(runs: readonly JsonObject[]): string {
  const verdicts = runs.map(({ verdict }) => asString(verdict) ?? 'no-data')
  return severity.find((one) => verdicts.includes(one)) ?? 'no-data'
}

function showRun(run: JsonObject, output: Output): void {
  const { verdict, set, kind, valid_rows: valid, expected_rows: expected } = run
  const answers = `${show(valid)} of ${show(expected)} answers`
  output.print(`${show(set)}: ${show(verdict)}${kind === 'baseline' ? ' (baseline)' : ''}, ${answers}`)
  for (const reason of asArray(run['reasons'])) {
    const { note, text } = asObject(reason) ?? {}
    output.print(`  ${note === true ? '-' : '!'} ${show(text)}`)
  }
}

function showStatus(sets: readonly Json[], output: Output): void {
  if (sets.length === 0) output.print('no golden sets; run one with `weir drift run --once FILE`')
  for (const one of sets) {
    const { name, target, baseline, last_run: last, alarm, next_run_at: next } = asObject(one) ?? {}
    const base = asObject(baseline)
    const runs = base ? `${show(base['runs'])} of ${show(base['wanted_runs'])} baseline runs` : 'no baseline'
    const stale = base?.['fits'] === false ? ' (of an earlier version of the set)' : ''
    output.print(`${show(name)}  ${show(target)}  ${show(asObject(last)?.['verdict']) || 'never run'}`)
    output.print(`  ${runs}${stale}${next === undefined ? '' : `, next run ${show(next)}`}`)
    const open = asObject(alarm)
    if (open) output.print(`  ! ${show(open['state'])}: ${show(open['title'])}`)
  }
}

const show = (value: Json | undefined): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)

const progressEveryMs = 500
const barWidth = 30

/** Draws a bar on standard error while the run goes on; nothing without a terminal. */
async function withProgress<Value>(
  admin: AdminClient,
  output: Output,
  work: () => Promise<Value>,
): Promise<Value> {
  if (!output.isTerminal) return work()
  const draw = (answer: Json): void => {
    const { set, done, all } = asObject(asArray(asObject(answer)?.['data'])[0]) ?? {}
    if (set === undefined) return
    const share = (asNumber(done) ?? 0) / (asNumber(all) || 1)
    const full = '#'.repeat(Math.round(share * barWidth)).padEnd(barWidth, '.')
    output.redraw(`${show(set)} [${full}] ${show(done)}/${show(all)}`)
  }
  // What is wrong, the run itself tells.
  const timer = setInterval(() => {
    void admin.get('/drift/progress').then(draw, () => undefined)
  }, progressEveryMs)
  try {
    return await work()
  } finally {
    clearInterval(timer)
    output.redraw('')
  }
}
