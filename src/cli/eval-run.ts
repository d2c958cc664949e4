/** `weir eval run`: sends a suite to the gateway, watches the run, and tells what came of it. */

import { setTimeout } from 'node:timers/promises'
import { GatewayError } from '../core/error.ts'
import { asArray, asObject, asString, defined, type JsonObject } from '../core/json.ts'
import { withSelfConsistency } from '../evals/analysis.ts'
import { askedOf } from '../evals/reports/asked.ts'
import { githubAnnotations, type SourcePlace } from '../evals/reports/annotations.ts'
import { reportToJson, rowFromJson } from '../evals/reports/json.ts'
import { terminalReport } from '../evals/reports/terminal.ts'
import type { Report } from '../evals/report.ts'
import type { CaseRow } from '../evals/row.ts'
import { packPrefix } from '../evals/run-settings.ts'
import { SuiteError } from '../judgement/suite/source.ts'
import { type AdminClient, AdminError, type DataFlags, withAdmin } from './admin-client.ts'
import { fromHere, outputFault, readSuite, type SuiteOnDisk, writeReport } from './eval-files.ts'
import { showPlan } from './eval-plan.ts'
import { createProgressView, type ProgressView } from './eval-progress.ts'
import type { Output } from './output.ts'

/** The command's options, as commander names them. */
export interface EvalRunFlags extends DataFlags {
  readonly candidate?: string
  readonly baseline?: string
  readonly output: readonly string[]
  readonly json?: true
  readonly concurrency?: number
  readonly repeat?: number
  readonly seed?: string
  readonly filterPattern?: string
  readonly filterMetadata?: string
  readonly filterRange?: string
  readonly filterSample?: number
  readonly filterFirstN?: number
  readonly filterFailing?: string
  readonly filterErrorsOnly?: string
  readonly resume?: string | true
  readonly retryErrors?: true
  readonly maxUsd?: string
  readonly allowJs?: true
  readonly allowCached?: true
  readonly dryRun?: true
  readonly github?: boolean
  readonly failExit: number
  readonly inconclusiveExit: number
}

const exitUsage = 2
const exitFailure = 1
const exitInterrupted = 130
const pollMs = 200

/** Runs the suites one after the other and gives the exit code. */
export async function runSuites(
  paths: readonly string[],
  flags: EvalRunFlags,
  output: Output,
): Promise<number> {
  const unknown = firstFault(flags.output)
  if (unknown !== undefined) {
    output.fail(unknown)
    return exitUsage
  }
  if (paths.length === 0 && flags.resume === undefined) {
    output.fail('name a suite, or a run with `--resume`')
    return exitUsage
  }
  try {
    const suites: SuiteOnDisk[] = []
    for (const path of paths) suites.push(await readSuite(path, overridesOf(flags)))
    const fault = firstFault(suites.flatMap(({ suite }) => suite.outputPaths))
    if (fault !== undefined) {
      output.fail(`outputPath: ${fault}`)
      return exitUsage
    }
    const codes = await withAdmin(flags, async (admin) => {
      const found: number[] = []
      if (suites.length === 0) return [await resumeOne(admin, flags, output)]
      for (const suite of suites) found.push(await runOne(admin, suite, flags, output))
      return found
    })
    return gravest(codes, flags)
  } catch (error) {
    if (error instanceof SuiteError) {
      output.note(error.message)
      output.fail(`the suite has ${error.faults.length === 1 ? 'a fault' : `${error.faults.length} faults`}`)
    } else if (isRefusal(error)) output.fail(error.message)
    else throw error
    return exitUsage
  }
}

/** What was asked for cannot be done, whoever said so: this process or the gateway. */
function isRefusal(error: unknown): error is AdminError | GatewayError {
  const isOfEither = error instanceof AdminError || error instanceof GatewayError
  return isOfEither && ['invalid_request', 'not_found'].includes(error.code)
}

function firstFault(outputs: readonly string[]): string | undefined {
  return outputs.map(outputFault).find((fault) => fault !== undefined)
}

function overridesOf({ candidate, baseline, seed, repeat }: EvalRunFlags) {
  return defined({ candidate, baseline, seed, repeat })
}

/** 2 over 1 over failed over inconclusive over passed; an interruption is the user's own. */
function gravest(codes: readonly number[], { failExit, inconclusiveExit }: EvalRunFlags): number {
  const order = [exitInterrupted, exitUsage, exitFailure, failExit, inconclusiveExit]
  return order.find((code) => codes.includes(code)) ?? 0
}

async function runOne(
  admin: AdminClient,
  suite: SuiteOnDisk,
  flags: EvalRunFlags,
  output: Output,
): Promise<number> {
  if (flags.resume !== undefined) return resumeOne(admin, flags, output, suite)
  const body = startBody(suite, flags, await idsOfEarlierRun(admin, flags))
  if (flags.dryRun) {
    showPlan(asObject(await admin.post('/evals/plan', body))!, flags.json === true, output)
    return 0
  }
  const started = asObject(await admin.post('/evals', body))
  return follow(admin, asString(started?.['id'])!, { suite, flags, output })
}

function startBody(suite: SuiteOnDisk, flags: EvalRunFlags, ids: readonly string[] | undefined): object {
  return defined({
    entry: suite.entry,
    files: suite.files,
    ...overridesOf(flags),
    concurrency: flags.concurrency,
    max_usd: flags.maxUsd,
    allow_js: flags.allowJs,
    allow_cached: flags.allowCached,
    filter: defined({
      pattern: flags.filterPattern,
      metadata: flags.filterMetadata,
      range: flags.filterRange,
      sample: flags.filterSample,
      first_n: flags.filterFirstN,
      ids,
    }),
  })
}

/** Cases that failed, or were lost to faults, in the run that a filter names. */
async function idsOfEarlierRun(admin: AdminClient, flags: EvalRunFlags): Promise<string[] | undefined> {
  const { filterFailing, filterErrorsOnly } = flags
  const id = filterFailing ?? filterErrorsOnly
  if (id === undefined) return undefined
  const rows = await readRows(admin, id)
  const chosen = rows.filter(({ status, pass }) =>
    filterFailing === undefined ? status === 'error' : status === 'error' || !pass,
  )
  return [...new Set(chosen.map(({ caseId }) => caseId))]
}

async function resumeOne(
  admin: AdminClient,
  flags: EvalRunFlags,
  output: Output,
  suite?: SuiteOnDisk,
): Promise<number> {
  const id =
    typeof flags.resume === 'string' ? flags.resume : await latestUnfinished(admin, suite?.suite.name)
  if (id === undefined) {
    output.fail('there is no run to go on with')
    return exitUsage
  }
  await admin.post(`/evals/${encodeURIComponent(id)}/resume`, { retry_errors: flags.retryErrors === true })
  return follow(admin, id, { flags, output, ...(suite && { suite }) })
}

async function latestUnfinished(admin: AdminClient, name: string | undefined): Promise<string | undefined> {
  const page = asObject(await admin.get('/evals?limit=100'))
  const run = asArray(page?.['data'])
    .map(asObject)
    .find(
      (candidate) =>
        ['interrupted', 'stopped', 'failed'].includes(asString(candidate?.['status']) ?? '') &&
        (name === undefined || candidate?.['name'] === name),
    )
  return asString(run?.['id'])
}

interface Following {
  readonly suite?: SuiteOnDisk
  readonly flags: EvalRunFlags
  readonly output: Output
}

/** Waits for the end of a run. Ctrl-C stops it; what has finished is kept. */
async function follow(admin: AdminClient, id: string, { suite, flags, output }: Following): Promise<number> {
  const path = `/evals/${encodeURIComponent(id)}`
  let isInterrupted = false
  const interrupt = (): void => {
    isInterrupted = true
    // Where it has ended meanwhile there is nothing to stop; any other trouble is met again by who waits for the end.
    admin.post(`${path}/stop`, {}).catch(() => undefined)
  }
  process.once('SIGINT', interrupt)
  const view = createProgressView(output, process.stderr, () => performance.now())
  let run: JsonObject
  try {
    run = await untilOver(admin, path, view)
  } finally {
    view.end()
    process.off('SIGINT', interrupt)
  }
  const tellHowToGoOn = (): number => {
    output.note(`stopped; \`weir eval run --resume ${id}\` goes on`)
    return exitInterrupted
  }
  if (run['report'] === undefined) {
    // What was stopped before anything could be said of it has no report.
    if (isInterrupted) return tellHowToGoOn()
    output.fail(`the run ${id} failed: ${asString(run['reason']) ?? 'see the log'}`)
    return exitFailure
  }
  const report = { ...(run['report'] as object), rows: await readRows(admin, id) } as unknown as Report
  await tell(report, { flags, output, ...(suite && { suite }) })
  return isInterrupted ? tellHowToGoOn() : exitOf(report, flags)
}

async function untilOver(admin: AdminClient, path: string, view: ProgressView): Promise<JsonObject> {
  for (;;) {
    const run = asObject(await admin.get(path))!
    const progress = asObject(run['progress'])
    if (progress) {
      view.show({
        done: Number(progress['done']),
        total: Number(progress['total']),
        errors: Number(progress['errors']),
        costUsd: asString(progress['cost_usd']) ?? '0',
      })
    }
    if (run['status'] !== 'running') return run
    await setTimeout(pollMs)
  }
}

/** With what is decided over all repeats of a case. */
async function readRows(admin: AdminClient, id: string): Promise<readonly CaseRow[]> {
  const rows: CaseRow[] = []
  let cursor = ''
  do {
    const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page = asObject(await admin.get(`/evals/${encodeURIComponent(id)}/rows?limit=1000${query}`))
    for (const row of asArray(page?.['data'])) rows.push(rowFromJson(asObject(row)!))
    cursor = asString(page?.['next_cursor']) ?? ''
  } while (cursor !== '')
  return withSelfConsistency(rows)
}

export function exitOf(
  { verdict }: Report,
  flags: Pick<EvalRunFlags, 'failExit' | 'inconclusiveExit'>,
): number {
  if (verdict === 'pass') return 0
  return verdict === 'fail' ? flags.failExit : flags.inconclusiveExit
}

/** Where each case is written; of a pack, nowhere. */
function placesIn(suite: SuiteOnDisk | undefined): (caseId: string) => SourcePlace | undefined {
  const isFile = suite !== undefined && !suite.path.startsWith(packPrefix)
  const places = new Map(isFile ? suite.suite.cases.map(({ id, at }) => [id, at]) : [])
  return (id) => {
    const at = places.get(id)
    return at && { ...at, file: fromHere(suite!.path, at.file) }
  }
}

/** Prints the report and writes its files. */
export async function tell(
  report: Report,
  {
    suite,
    flags,
    output,
  }: { readonly suite?: SuiteOnDisk; readonly flags: EvalRunFlags; readonly output: Output },
): Promise<void> {
  if (flags.json) for (const line of reportToJson(report)) output.print(line)
  else {
    const width = process.stdout.columns ?? 200
    output.print(
      terminalReport(report, { hasColour: process.stdout.hasColors?.() === true, width }).trimEnd(),
    )
  }
  const asked = suite && askedOf(suite.suite.cases)
  for (const path of [...flags.output, ...(suite?.suite.outputPaths ?? [])]) {
    await writeReport(path, report, asked)
  }
  if (flags.github !== true) return
  for (const line of githubAnnotations(report, placesIn(suite))) output.note(line)
}
