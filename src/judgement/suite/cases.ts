/** Turns written cases into cases that can run: defaults merged, variables spread out, templates rendered, ids given. */

import { asObject, defined, type Json, type JsonObject } from '../../core/json.ts'
import { canonicalJson, caseIdPattern, defaultCaseId, sha256 } from './case-id.ts'
import type { WrittenCase } from './case-files.ts'
import { type AssertionScope, compileAssertions } from './assertions.ts'
import type { Prompt } from './prompts.ts'
import type { SchemaFaults } from './schema-faults.ts'
import type { AssertionSettings, CaseSettings, ParamSettings } from './settings.ts'
import { type Place, type SuiteSource, within } from './source.ts'
import type { Case, Step } from './suite.ts'
import { render, renderAll, TemplateError } from './template.ts'

export interface CaseScope {
  readonly source: SuiteSource
  readonly prompts: readonly Prompt[]
  readonly templates: Readonly<Record<string, AssertionSettings>>
  readonly env: Readonly<Record<string, string>>
  readonly defaults: {
    readonly settings: Partial<CaseSettings>
    readonly place: Place
    readonly file: string
  }
  readonly schemas: SchemaFaults
  readonly params: ParamSettings
  readonly cluster: string | undefined
  readonly repeat: number
}

/** A var may be a list: more cases than this from one are a mistake. */
const maxExpanded = 1_000

export async function buildCases(written: readonly WrittenCase[], scope: CaseScope): Promise<Case[]> {
  const cases: Case[] = []
  const seen = new Map<string, Case>()
  for (const entry of written) {
    for (const built of await buildCase(entry, scope)) {
      const first = seen.get(built.id)
      if (first === undefined) {
        seen.set(built.id, built)
        cases.push(built)
        continue
      }
      scope.source.add(
        entry.place({
          path: entry.settings.id === undefined ? [] : ['id'],
          message: `the id ${built.id} is taken by ${first.at.file}:${first.at.line ?? 1}`,
          mend: 'Give each case an id of its own; cases without one must differ in vars or turns.',
        }),
      )
    }
  }
  return cases
}

async function buildCase(entry: WrittenCase, scope: CaseScope): Promise<Case[]> {
  const { source, defaults, prompts } = scope
  const { settings, place, file } = entry
  const given = await readVars({ ...defaults.settings.vars, ...settings.vars }, file, place, source)
  const isSpread = (settings.options ?? defaults.settings.options)?.disableVarExpansion !== true
  const expanded = isSpread ? spread(given) : [given]
  if (expanded.length > maxExpanded) {
    source.add(
      place({
        path: ['vars'],
        message: `the lists of vars make ${expanded.length} cases`,
        mend: `At most ${maxExpanded}; set \`options.disableVarExpansion: true\` to keep lists whole.`,
      }),
    )
    return []
  }
  const cases: Case[] = []
  for (const [index, vars] of expanded.entries()) {
    const own = settings.id ?? defaultCaseId({ vars, turns: settings.turns ?? [] })
    const id = settings.id !== undefined && expanded.length > 1 ? `${own}.${index + 1}` : own
    for (const [number, prompt] of prompts.entries()) {
      const name = prompts.length > 1 ? `${id}--p${number + 1}` : id
      const built = await buildOne({ entry, scope, vars, prompt, id: name, base: id })
      if (built) cases.push(built)
    }
  }
  return cases
}

interface One {
  readonly entry: WrittenCase
  readonly scope: CaseScope
  readonly vars: JsonObject
  readonly prompt: Prompt
  readonly id: string
  /** The id without the prompt's number: cases of one text under several prompts are one cluster. */
  readonly base: string
}

async function buildOne({ entry, scope, vars, prompt, id, base }: One): Promise<Case | undefined> {
  const { settings, place } = entry
  const { source, defaults } = scope
  if (!caseIdPattern.test(id)) {
    source.add(
      place({
        path: ['id'],
        message: 'not a valid id',
        mend: 'At most 80 of: small letters, digits, `.`, `_`, `-`.',
      }),
    )
    return undefined
  }
  const refuse = (error: unknown): undefined => {
    if (!(error instanceof TemplateError)) throw error
    source.add(place({ path: [], message: error.message, mend: 'Give the name a value under `vars`.' }))
  }
  try {
    const variables = { ...rendered(vars, scope.env), env: scope.env }
    const messages = prompt.messages.map(({ role, content }): Step => ({
      role,
      text: render(content, variables),
    }))
    const turns = await turnsOf(settings, place, { ...assertionScope(entry, scope, variables) })
    const steps = await withFinalCall([...messages, ...turns], entry, scope, variables)
    if (!steps.some(({ role }) => role === 'user' || role === 'system')) {
      source.add(
        place({ path: [], message: 'nothing is asked', mend: 'Add `prompts` to the suite or `turns` here.' }),
      )
      return undefined
    }
    const metadata = { ...defaults.settings.metadata, ...settings.metadata } as JsonObject
    const params = { ...scope.params, ...defaults.settings.params, ...settings.params }
    const threshold = settings.threshold ?? defaults.settings.threshold
    return {
      id,
      inputHash: sha256(canonicalJson({ steps: steps.map(inputOf), params })).slice(0, 32),
      cluster: clusterOf(scope.cluster, { vars, metadata }) ?? base,
      tags: [...new Set([...(defaults.settings.tags ?? []), ...(settings.tags ?? [])])],
      isCritical: settings.critical ?? defaults.settings.critical ?? false,
      repeat: settings.repeat ?? defaults.settings.repeat ?? scope.repeat,
      vars,
      metadata,
      params: defined(params),
      steps,
      at: place({ path: [], message: '', mend: '' }),
      ...(threshold !== undefined && { threshold }),
    }
  } catch (error) {
    return refuse(error)
  }
}

function assertionScope(
  { settings, file }: WrittenCase,
  { source, templates, defaults, schemas }: CaseScope,
  variables: JsonObject,
): AssertionScope {
  const { transform, provider, rubricPrompt } = { ...defaults.settings.options, ...settings.options }
  const shared = defined({ transform, provider, rubricPrompt })
  return { source, file, templates, variables, schemas, defaults: shared }
}

/** What the model sees of a step. */
function inputOf(step: Step): Json {
  return step.role === 'call' ? { role: 'call' } : { ...step }
}

async function turnsOf({ turns = [] }: CaseSettings, place: Place, scope: AssertionScope): Promise<Step[]> {
  const steps: Step[] = []
  for (const [index, turn] of turns.entries()) {
    const text = (template: string): string => render(template, scope.variables)
    if (turn.system !== undefined) steps.push({ role: 'system', text: text(turn.system) })
    else if (turn.user !== undefined) steps.push({ role: 'user', text: text(turn.user) })
    else if (turn.tool) steps.push({ role: 'tool', name: turn.tool.name, text: text(turn.tool.result) })
    else if (typeof turn.assistant === 'string') steps.push({ role: 'assistant', text: text(turn.assistant) })
    else {
      const at = within(place, ['turns', index, 'assistant', 'assert'])
      steps.push({ role: 'call', assert: await compileAssertions(turn.assistant?.assert ?? [], at, scope) })
    }
  }
  return steps
}

/** The assertions of the case and of `defaultTest` are held against the final reply, which is called for if need be. */
async function withFinalCall(
  steps: readonly Step[],
  entry: WrittenCase,
  scope: CaseScope,
  variables: JsonObject,
): Promise<Step[]> {
  const { defaults } = scope
  const shared = await compileAssertions(defaults.settings.assert ?? [], within(defaults.place, ['assert']), {
    ...assertionScope(entry, scope, variables),
    file: defaults.file,
  })
  const own = await compileAssertions(
    entry.settings.assert ?? [],
    within(entry.place, ['assert']),
    assertionScope(entry, scope, variables),
  )
  const last = steps.at(-1)
  if (last?.role === 'call')
    return [...steps.slice(0, -1), { role: 'call', assert: [...shared, ...own, ...last.assert] }]
  return [...steps, { role: 'call', assert: [...shared, ...own] }]
}

/** Variables may be written with other variables. */
function rendered(vars: JsonObject, env: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(
    Object.entries(vars).map(([name, value]) => [name, renderAll(value as Json, { ...vars, env })]),
  )
}

async function readVars(
  vars: Readonly<Record<string, unknown>>,
  file: string,
  place: Place,
  source: SuiteSource,
): Promise<JsonObject> {
  const read: Record<string, Json> = {}
  for (const [name, value] of Object.entries(vars)) {
    if (typeof value !== 'string' || !value.startsWith('file://')) {
      read[name] = value as Json
      continue
    }
    const path = source.resolve(file, value)
    const text = await source.text(path, (finding) => place({ path: ['vars', name], ...finding }))
    if (text === undefined) continue
    const isData = /\.(?:ya?ml|json)$/.test(path)
    read[name] = isData ? ((source.parse(path, text)?.value ?? null) as Json) : text
  }
  return read
}

/** Every combination of the entries of those vars that are lists. */
function spread(vars: JsonObject): JsonObject[] {
  let combinations: JsonObject[] = [{}]
  for (const [name, value] of Object.entries(vars)) {
    const entries = Array.isArray(value) ? (value as readonly Json[]) : [value as Json]
    if (combinations.length * entries.length > maxExpanded * 10) break
    combinations = combinations.flatMap((combination) =>
      entries.map((entry) => ({ ...combination, [name]: entry })),
    )
  }
  return combinations
}

/** What stands at a dotted path such as `metadata.template`. */
function clusterOf(path: string | undefined, owner: JsonObject): string | undefined {
  let value: Json | undefined = owner
  for (const name of path?.split('.') ?? []) value = asObject(value)?.[name]
  if (path === undefined || value === undefined || value === null) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}
