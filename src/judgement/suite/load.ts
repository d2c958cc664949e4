/** Loads a suite: the file and all it names become a suite that is ready to run, or a list of faults. */

import { posix } from 'node:path'
import { toFindings } from '../../config/shape.ts'
import { asObject, defined } from '../../core/json.ts'
import { usesScripts } from './assertions.ts'
import { canonicalJson, sha256 } from './case-id.ts'
import { readCalibration } from './calibration.ts'
import { readCases, type WrittenCase } from './case-files.ts'
import { buildCases } from './cases.ts'
import { loadPrompts } from './prompts.ts'
import { SchemaFaults } from './schema-faults.ts'
import {
  type CaseSettings,
  caseSettings,
  suiteJsonSchema,
  type SuiteSettings,
  suiteSettings,
  type TargetSettings,
} from './settings.ts'
import { type Place, type ReadSuiteFile, SuiteError, SuiteSource, within } from './source.ts'
import type { Case, HumanLabel, JudgeSettings, Suite, Target } from './suite.ts'

export interface LoadedSuite {
  readonly suite: Suite
  /** Every file that was read, by its path: enough to load the same suite elsewhere. */
  readonly files: Readonly<Record<string, string>>
}

/** What the command line says instead of the file. */
export interface SuiteOverrides {
  readonly candidate?: string
  readonly baseline?: string
  readonly seed?: string
  readonly repeat?: number
}

/** Throws SuiteError with every fault, each with its file, line, path and mend. */
export async function loadSuite(
  file: string,
  read: ReadSuiteFile,
  overrides: SuiteOverrides = {},
): Promise<LoadedSuite> {
  const source = new SuiteSource(read)
  const suite = await load(file, source, overrides)
  if (suite === undefined || source.faults.length > 0) throw new SuiteError(source.faults)
  return { suite, files: source.texts }
}

/** Loads a suite that no file holds: a generated pack. Throws SuiteError. */
export async function loadGenerated(value: object, overrides: SuiteOverrides = {}): Promise<Suite> {
  const source = new SuiteSource(async () => undefined)
  const file = 'pack'
  const place: Place = ({ path, message, mend }) => ({ file, path: path.join('.'), message, mend })
  const settings = suiteSettings.parse(value)
  const cases = await casesOf(settings, { file, place, source, overrides })
  if (source.faults.length > 0) throw new SuiteError(source.faults)
  return suiteOf(settings, { file, cases, overrides })
}

async function load(
  file: string,
  source: SuiteSource,
  overrides: SuiteOverrides,
): Promise<Suite | undefined> {
  const root = (finding: { message: string; mend: string }) => ({ file, path: '', ...finding })
  const text = await source.text(file, root)
  const parsed = text === undefined ? undefined : source.parse(file, text)
  if (parsed === undefined) return undefined
  const { value, place } = parsed
  const result = suiteSettings.safeParse(value)
  if (result.success) {
    const cases = await casesOf(result.data, { file, place, source, overrides })
    const reference = result.data.judge?.calibration
    const at = within(place, ['judge', 'calibration'])
    const labels = reference === undefined ? undefined : await readCalibration(reference, file, at, source)
    return suiteOf(result.data, { file, cases, overrides, ...(labels && { labels }) })
  }
  const schema = suiteJsonSchema()
  for (const issue of result.error.issues) {
    for (const finding of toFindings(issue, [], value, schema)) source.add(place(finding))
  }
  return undefined
}

interface Origin {
  readonly file: string
  readonly place: Place
  readonly source: SuiteSource
  readonly overrides: SuiteOverrides
}

async function casesOf(settings: SuiteSettings, { file, place, source, overrides }: Origin): Promise<Case[]> {
  const written = [
    ...(await readCases(settings.tests, file, within(place, ['tests']), source)),
    ...scenarioCases(settings, file, place),
  ]
  if (written.length === 0) {
    source.add(place({ path: [], message: 'the suite has no cases', mend: 'Add `tests`.' }))
  }
  const cases = await buildCases(written, {
    source,
    prompts: await loadPrompts(settings.prompts, file, within(place, ['prompts']), source),
    templates: settings.assertionTemplates ?? {},
    env: settings.env ?? {},
    defaults: await readDefaults(settings, file, place, source),
    schemas: new SchemaFaults(),
    params: settings.params ?? {},
    cluster: settings.cluster,
    repeat: settings.repeat ?? settings.evaluateOptions?.repeat ?? 1,
  })
  const { repeat } = overrides
  return repeat === undefined ? cases : cases.map((each) => ({ ...each, repeat }))
}

function suiteOf(
  settings: SuiteSettings,
  {
    file,
    cases,
    overrides,
    labels,
  }: {
    readonly file: string
    readonly cases: readonly Case[]
    readonly overrides: SuiteOverrides
    readonly labels?: readonly HumanLabel[]
  },
): Suite {
  const { evaluateOptions: evaluate = {}, outputPath } = settings
  const { gate, embedder, derivedMetrics = [], contrasts = [] } = settings
  const { candidates, baseline } = armsOf(settings, overrides)
  const seed = overrides.seed ?? String(settings.seed ?? 20_260_101)
  const judge = judgeOf(settings, labels)
  const replies = cases.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.role === 'call' ? [step.assert] : [])),
  )
  return defined({
    name: settings.name ?? posix.basename(file).replace(/\.\w+$/, ''),
    seed,
    hash: sha256(canonicalJson({ cases: cases.map(gradedOf), gate, judge, seed })),
    candidates,
    baseline,
    judge,
    embedder,
    cases,
    gate,
    derivedMetrics,
    contrasts,
    maxConcurrency: evaluate.maxConcurrency,
    delayMs: evaluate.delay ?? 0,
    timeoutMs: evaluate.timeoutMs,
    maxRunMs: evaluate.maxEvalTimeMs,
    outputPaths: typeof outputPath === 'string' ? [outputPath] : (outputPath ?? []),
    needsScripts: replies.some(usesScripts),
  })
}

/** What of a case decides its result; where it is written does not. */
function gradedOf({ at: _at, ...rest }: Case): object {
  return rest
}

function armsOf(
  settings: SuiteSettings,
  overrides: SuiteOverrides,
): { candidates: Target[]; baseline?: Target } {
  const listed = typeof settings.providers === 'string' ? [settings.providers] : (settings.providers ?? [])
  const named = settings.candidate === undefined ? listed : [settings.candidate]
  const candidates = overrides.candidate === undefined ? named : [overrides.candidate]
  const baseline = overrides.baseline ?? settings.baseline
  return {
    candidates: candidates.map(targetOf),
    ...(baseline !== undefined && { baseline: targetOf(baseline) }),
  }
}

function targetOf(settings: TargetSettings): Target {
  if (typeof settings === 'string') return { target: settings, label: settings, params: {} }
  const target = settings.target ?? settings.id ?? ''
  return { target, label: settings.label ?? target, params: settings.params ?? settings.config ?? {} }
}

function judgeOf(
  { judge }: SuiteSettings,
  calibration: readonly HumanLabel[] | undefined,
): JudgeSettings | undefined {
  const targets = judge?.panel ?? (judge?.target === undefined ? [] : [judge.target])
  if (targets.length === 0) return undefined
  return {
    targets,
    params: judge?.params ?? { temperature: 0 },
    ...(calibration && { calibration }),
    ...(judge?.pairwise && { pairwise: judge.pairwise }),
  }
}

function scenarioCases({ scenarios = [] }: SuiteSettings, file: string, place: Place): WrittenCase[] {
  return scenarios.flatMap((scenario, number) =>
    scenario.config.flatMap((config, variant) =>
      scenario.tests.map((given, index): WrittenCase => {
        const id = given.id === undefined ? {} : { id: `${given.id}.s${variant + 1}` }
        const settings: CaseSettings = {
          ...config,
          ...given,
          ...id,
          vars: { ...config.vars, ...given.vars },
          metadata: { ...config.metadata, ...given.metadata },
          assert: [...(config.assert ?? []), ...(given.assert ?? [])],
        }
        return { settings, file, place: within(place, ['scenarios', number, 'tests', index]) }
      }),
    ),
  )
}

async function readDefaults(settings: SuiteSettings, file: string, place: Place, source: SuiteSource) {
  const at = within(place, ['defaultTest'])
  const given = settings.defaultTest
  if (typeof given !== 'string') return { settings: given ?? {}, place: at, file }
  const path = source.resolve(file, given)
  const text = await source.text(path, (finding) => at({ path: [], ...finding }))
  const parsed = text === undefined ? undefined : source.parse(path, text)
  const result = caseSettings.safeParse(asObject(parsed?.value) ?? {})
  if (parsed && !result.success) {
    for (const issue of result.error.issues) {
      for (const finding of toFindings(issue, [], parsed.value, suiteJsonSchema())) {
        source.add(parsed.place(finding))
      }
    }
  }
  return { settings: result.data ?? {}, place: parsed?.place ?? at, file: path }
}
