/** Golden sets: a suite's cases and how their target is watched. */

import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { z } from 'zod'
import { toFindings } from '../config/shape.ts'
import { isObject, type JsonObject } from '../core/json.ts'
import { parseUsd } from '../core/money.ts'
import { canonicalJson } from '../judgement/suite/case-id.ts'
import { loadSuite } from '../judgement/suite/load.ts'
import { caseSettings, suiteSettings } from '../judgement/suite/settings.ts'
import { type ReadSuiteFile, SuiteError, SuiteSource } from '../judgement/suite/source.ts'
import type { Case, JudgeSettings } from '../judgement/suite/suite.ts'
import { cronFault } from './cron.ts'

const words = z.string().min(1)
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'not a time of day')

export const clockHours = z.array(z.strictObject({ from: clockTime, to: clockTime }))

const promptSettings = caseSettings.extend({
  prompt: words.optional().describe('What the user says; shorter than `turns`.'),
  system: words.optional().describe('The system message before `prompt`.'),
})

const { params, judge, embedder, assertionTemplates, defaultTest, env } = suiteSettings.shape

export const goldenSettings = z.strictObject({
  $schema: z.string().optional(),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'not a valid name')
    .describe('Names the set: small letters, digits, `.`, `_`, `-`.'),
  description: z.string().optional().describe('For readers.'),
  target: words.describe('What is watched: a route or `provider/model`.'),
  samples: z.int().min(1).max(100).default(5).describe('Answers per prompt and run.'),
  baseline: z
    .strictObject({
      runs: z.int().min(1).max(200).default(20).describe('Runs of a baseline; below 12 limits are wide.'),
    })
    .prefault({})
    .describe('What later runs are held against.'),
  schedule: words.optional().describe('When to run: a cron expression. Absent: only when asked to.'),
  timezone: words.optional().describe('Of the schedule and the quiet hours; UTC where absent.'),
  jitterSeconds: z
    .int()
    .min(0)
    .max(3_600)
    .default(60)
    .describe('A run starts up to this much later, so that sets with one schedule do not start at once.'),
  quiet: clockHours
    .default([])
    .describe('Hours in which no scheduled run starts, such as `{from: "22:00", to: "06:00"}`.'),
  rollback: z
    .enum(['off', 'suggest', 'auto'])
    .default('suggest')
    .describe('What a confirmed alarm does to the route.'),
  maxUsd: z
    .union([z.number().min(0), words])
    .optional()
    .describe('A run stops when its calls have cost this much.'),
  concurrency: z.int().min(1).max(64).default(4).describe('Calls at once.'),
  timeoutMs: z.int().min(1).max(3_600_000).default(120_000).describe('Longest time of one call.'),
  params: params.describe('Parameters of every call: those of production.'),
  judge,
  embedder,
  assertionTemplates,
  defaultTest,
  env,
  prompts: z.array(promptSettings).min(1).max(1_000).optional().describe('The golden prompts.'),
  suite: words.optional().describe('A suite file whose cases are the prompts, or more of them.'),
  only: z.array(words).min(1).optional().describe('Of the suite, only the cases with these ids.'),
})

export type GoldenSettings = z.output<typeof goldenSettings>

/** A golden set that can run. */
export interface GoldenSet {
  readonly name: string
  readonly target: string
  readonly samples: number
  readonly baselineRuns: number
  readonly schedule?: string
  readonly timezone: string
  readonly jitterMs: number
  readonly quiet: readonly { readonly from: string; readonly to: string }[]
  readonly rollback: 'off' | 'suggest' | 'auto'
  readonly maxNanoUsd?: number
  readonly concurrency: number
  readonly timeoutMs: number
  readonly cases: readonly Case[]
  readonly judge?: JudgeSettings
  readonly embedder?: string
  /** Of all that decides what is asked of whom: runs of other digests are not compared. */
  readonly digest: string
}

export interface LoadedGoldenSet {
  readonly set: GoldenSet
  /** Every file that was read, by its path: enough to load the same set elsewhere. */
  readonly files: Readonly<Record<string, string>>
}

/** The JSON Schema that editors check a golden set by. */
export function goldenJsonSchema(): JsonObject {
  return z.toJSONSchema(goldenSettings, { io: 'input', reused: 'ref', cycles: 'ref' }) as JsonObject
}

/** Loads a golden set and all it names. Throws SuiteError with every fault, each with its file, line and mend. */
export async function loadGoldenSet(file: string, read: ReadSuiteFile): Promise<LoadedGoldenSet> {
  const source = new SuiteSource(read)
  const settings = await readSettings(file, source)
  if (settings === undefined) throw new SuiteError(source.faults)
  const { cases, judge: judges, embedder: embedding, files } = await loadCases(file, settings, source, read)
  if (source.faults.length > 0) throw new SuiteError(source.faults)
  const { name, target, samples, schedule, quiet, rollback, concurrency, timeoutMs } = settings
  const maxNanoUsd = settings.maxUsd === undefined ? undefined : parseUsd(String(settings.maxUsd))
  const asked = cases.map(({ id, inputHash }) => ({ id, inputHash }))
  return {
    files: { ...source.texts, ...files },
    set: {
      name,
      target,
      samples,
      baselineRuns: settings.baseline.runs,
      timezone: settings.timezone ?? 'UTC',
      jitterMs: settings.jitterSeconds * 1000,
      quiet,
      rollback,
      concurrency,
      timeoutMs,
      cases,
      digest: createHash('sha256')
        .update(canonicalJson({ target, samples, asked }))
        .digest('hex')
        .slice(0, 32),
      ...(schedule !== undefined && { schedule }),
      ...(maxNanoUsd !== undefined && { maxNanoUsd }),
      ...(judges && { judge: judges }),
      ...(embedding !== undefined && { embedder: embedding }),
    },
  }
}

async function readSettings(file: string, source: SuiteSource): Promise<GoldenSettings | undefined> {
  const text = await source.text(file, (finding) => ({ file, path: '', ...finding }))
  const parsed = text === undefined ? undefined : source.parse(file, text)
  if (parsed === undefined) return undefined
  const { value, place } = parsed
  const result = goldenSettings.safeParse(value)
  if (!result.success) {
    const schema = goldenJsonSchema()
    for (const issue of result.error.issues) {
      for (const finding of toFindings(issue, [], value, schema)) source.add(place(finding))
    }
    return undefined
  }
  const settings = result.data
  const { prompts, suite, only, schedule, timezone = 'UTC', maxUsd } = settings
  const refuse = (path: string, message: string, mend: string) =>
    source.add(place({ path: [path], message, mend }))
  if (prompts === undefined && suite === undefined) {
    refuse('prompts', 'missing', 'Add `prompts`, or a `suite` to take cases from.')
  }
  if (only && suite === undefined) refuse('only', 'there is no `suite`', 'Add `suite`, or take `only` away.')
  const fault = cronFault(schedule ?? '* * * * *', timezone)
  if (fault !== undefined) refuse(fault.of, fault.message, fault.mend)
  if (maxUsd !== undefined && parseUsd(String(maxUsd)) === undefined) {
    refuse('maxUsd', 'not an amount of USD', 'Write a number such as `0.50`.')
  }
  for (const [index, given] of (prompts ?? []).entries()) {
    if ((given.prompt === undefined) === (given.turns === undefined)) {
      const finding = { message: 'not one question', mend: 'Write either `prompt` or `turns`.' }
      source.add(place({ path: ['prompts', index], ...finding }))
    }
  }
  return source.faults.length > 0 ? undefined : settings
}

interface LoadedCases {
  readonly cases: readonly Case[]
  readonly judge?: JudgeSettings
  readonly embedder?: string
  readonly files: Readonly<Record<string, string>>
}

/** Cases are read by the suite's own reader, from the prompts written as a suite. */
async function loadCases(
  file: string,
  settings: GoldenSettings,
  source: SuiteSource,
  read: ReadSuiteFile,
): Promise<LoadedCases> {
  const own = settings.prompts && (await loadOwnCases(file, settings, source, read))
  if (settings.suite === undefined) return own ?? { cases: [], files: {} }
  const path = source.resolve(file, settings.suite)
  const { suite, files } = await loadSuite(path, read)
  const wanted = settings.only && new Set(settings.only)
  const taken = suite.cases.filter(({ id }) => wanted?.has(id) ?? true)
  for (const missing of wanted?.difference(new Set(taken.map(({ id }) => id))) ?? []) {
    const mend = 'Take an id from the suite; `weir eval plan` lists them.'
    source.add({ file, path: 'only', message: `the suite has no case ${missing}`, mend })
  }
  const judges = own?.judge ?? suite.judge
  const embedding = own?.embedder ?? suite.embedder
  return {
    cases: [...(own?.cases ?? []), ...taken],
    files: { ...own?.files, ...files },
    ...(judges && { judge: judges }),
    ...(embedding !== undefined && { embedder: embedding }),
  }
}

async function loadOwnCases(
  file: string,
  settings: GoldenSettings,
  source: SuiteSource,
  read: ReadSuiteFile,
): Promise<LoadedCases> {
  const { prompts = [] } = settings
  const tests = prompts.map(({ prompt, system, turns, ...given }, at) => ({
    id: `p${at + 1}`,
    ...given,
    turns: [...(system === undefined ? [] : [{ system }]), ...(turns ?? [{ user: prompt }])],
  }))
  const { name, params: all, judge: judges, embedder: embedding } = settings
  const { assertionTemplates: templates, defaultTest: defaults, env: environment } = settings
  const written = {
    name,
    tests,
    params: all,
    judge: judges,
    embedder: embedding,
    assertionTemplates: templates,
    defaultTest: defaults,
    env: environment,
  }
  // Paths beside the golden set stay what they are: the written suite lies where the set does.
  const path = posix.join(posix.dirname(file), `${posix.basename(file)}#suite`)
  try {
    const loaded = await loadSuite(path, async (asked) =>
      asked === path ? JSON.stringify(written) : read(asked),
    )
    const { [path]: _written, ...files } = loaded.files
    const { suite } = loaded
    return {
      cases: suite.cases,
      files,
      ...(suite.judge && { judge: suite.judge }),
      ...(suite.embedder !== undefined && { embedder: suite.embedder }),
    }
  } catch (error) {
    if (!(error instanceof SuiteError)) throw error
    for (const fault of error.faults) source.add(fault.file === path ? atPrompt(fault, file, source) : fault)
    return { cases: [], files: {} }
  }
}

/** A fault of the written suite, placed at the prompt that it is of. */
function atPrompt(fault: SuiteError['faults'][number], file: string, source: SuiteSource) {
  const { path, message, mend } = fault
  const [, index, rest = ''] = /^tests\[(\d+)\](.*)$/.exec(path) ?? []
  const parsed = source.parse(file, source.texts[file] ?? '')
  if (index === undefined || parsed === undefined) return { file, path, message, mend }
  const placed = parsed.place({ path: ['prompts', Number(index)], message, mend })
  return { ...placed, path: `prompts[${index}]${rest}` }
}

/** The files of a set as they are kept or sent, and its own name among them. */
export interface GoldenFiles {
  readonly file: string
  readonly files: Readonly<Record<string, string>>
}

/** The set that kept files make. Throws SuiteError. */
export async function openGoldenSet({ file, files }: GoldenFiles): Promise<GoldenSet> {
  const { set } = await loadGoldenSet(file, async (path) =>
    Object.hasOwn(files, path) ? files[path] : undefined,
  )
  return set
}

export const isGoldenFiles = (value: unknown): value is GoldenFiles =>
  isObject(value) && typeof value['file'] === 'string' && isObject(value['files'])
