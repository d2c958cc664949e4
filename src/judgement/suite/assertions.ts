/** Turns the assertions of a file into those that graders run: references, files and templates resolved, values checked. */

import { toFindings } from '../../config/shape.ts'
import { z } from 'zod'
import { asObject, defined, type Json, type JsonObject } from '../../core/json.ts'
import type { Assertion } from '../assertions/assertion.ts'
import { rowOf } from '../assertions/table.ts'
import { isScript, transformFault } from '../assertions/transform.ts'
import type { SchemaFaults } from './schema-faults.ts'
import type { AssertionSettings } from './settings.ts'
import { assertionSettings } from './settings.ts'
import { type Place, type SuiteSource, within } from './source.ts'
import { renderAll, TemplateError } from './template.ts'

export interface AssertionScope {
  readonly source: SuiteSource
  /** The file whose `file://` references these are. */
  readonly file: string
  readonly templates: Readonly<Record<string, AssertionSettings>>
  readonly variables: JsonObject
  readonly schemas: SchemaFaults
  readonly defaults: {
    readonly transform?: string
    readonly provider?: string
    readonly rubricPrompt?: string
  }
}

/** The assertions of one list; faulty ones are told to the source and left out. */
export async function compileAssertions(
  settings: readonly AssertionSettings[],
  place: Place,
  scope: AssertionScope,
): Promise<Assertion[]> {
  const compiled: Assertion[] = []
  for (const [index, given] of settings.entries()) {
    const assertion = await compileOne(given, within(place, [index]), scope)
    if (assertion) compiled.push(assertion)
  }
  return compiled
}

async function compileOne(
  given: AssertionSettings,
  place: Place,
  scope: AssertionScope,
): Promise<Assertion | undefined> {
  const { source } = scope
  const settings = resolveReference(given, place, scope)
  if (settings === undefined) return undefined
  const { type: name } = settings
  if (name === undefined) {
    source.add(place({ path: [], message: 'an assertion without a type', mend: 'Add `type`.' }))
    return undefined
  }
  const isNegated = name.startsWith('not-')
  const type = isNegated ? name.slice('not-'.length) : name
  const value = await valueOf(settings, place, scope)
  const resolved = { ...settings, type, value }
  const inner = await innerOf(resolved, place, scope)
  checkValue(resolved, place, scope)
  const { threshold, weight = 1, metric, config } = settings
  const { transform, provider, rubricPrompt } = { ...scope.defaults, ...defined(settings) }
  return defined({
    type,
    isNegated,
    weight,
    value,
    threshold,
    metric,
    ...(await transformOf(transform, place, scope)),
    provider,
    rubricPrompt,
    config: config as JsonObject | undefined,
    assert: inner,
  })
}

function resolveReference(
  given: AssertionSettings,
  place: Place,
  { templates, source }: AssertionScope,
): AssertionSettings | undefined {
  const { $ref, ...own } = given
  if ($ref === undefined) return given
  const name = $ref.slice('#/assertionTemplates/'.length)
  const template = Object.hasOwn(templates, name) ? templates[name] : undefined
  if (template === undefined) {
    const known = Object.keys(templates).join(', ') || 'none'
    source.add(
      place({
        path: ['$ref'],
        message: `there is no assertion template ${name}`,
        mend: `Known here: ${known}.`,
      }),
    )
    return undefined
  }
  if (template.$ref !== undefined) {
    source.add(place({ path: ['$ref'], message: 'a template refers to a template', mend: 'Write it out.' }))
    return undefined
  }
  return { ...template, ...defined(own) }
}

/** The value with files read and variables written in. Code and the contents of files are taken as they are. */
async function valueOf(
  { type, value }: AssertionSettings,
  place: Place,
  { source, file, variables }: AssertionScope,
): Promise<Json | undefined> {
  const at = (finding: { message: string; mend: string }) => place({ path: ['value'], ...finding })
  if (typeof value === 'string' && value.startsWith('file://')) {
    const path = source.resolve(file, value)
    const text = await source.text(path, at)
    if (text === undefined || type?.endsWith('javascript') === true || !/\.(?:json|ya?ml)$/.test(path))
      return text
    return source.parse(path, text)?.value as Json
  }
  if (type?.endsWith('javascript') === true) return value
  try {
    return renderAll(value, variables)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    source.add(at({ message: error.message, mend: 'Give the name a value under `vars`.' }))
    return value
  }
}

/** JavaScript from a file is read here; a set and a hierarchy leave it to their members. */
async function transformOf(
  transform: string | undefined,
  place: Place,
  { source, file }: AssertionScope,
): Promise<Pick<Assertion, 'transform' | 'transformScript'>> {
  if (transform === undefined) return {}
  const at = (finding: { message: string; mend: string }) => place({ path: ['transform'], ...finding })
  if (transform.startsWith('file://')) {
    const text = await source.text(source.resolve(file, transform), at)
    return text === undefined ? {} : { transformScript: text }
  }
  if (isScript(transform)) return { transformScript: transform }
  const fault = transformFault(transform)
  if (fault === undefined) return { transform }
  source.add(
    at({
      message: fault,
      mend: 'Write `trim`, `lower`, `/json/pointer`, `regex:(group)`, or JavaScript such as `output.slice(0, 9)`.',
    }),
  )
  return {}
}

/** With its type without `not-`, and its value as graders get it. */
interface ResolvedSettings extends Omit<AssertionSettings, 'type' | 'value'> {
  readonly type: string
  readonly value: Json | undefined
}

/** What an assertion holds: a set its members, a hierarchy what to follow and what to ignore. */
async function innerOf(
  { type, value, assert }: ResolvedSettings,
  place: Place,
  scope: AssertionScope,
): Promise<Assertion[] | undefined> {
  if (type === 'assert-set') {
    if (assert) return compileAssertions(assert, within(place, ['assert']), scope)
    scope.source.add(place({ path: [], message: 'a set of nothing', mend: 'Add `assert` with a list.' }))
    return undefined
  }
  if (assert) {
    scope.source.add(
      place({ path: ['assert'], message: `\`${type}\` holds no assertions`, mend: 'Use `assert-set`.' }),
    )
  }
  if (type !== 'instruction-hierarchy') return undefined
  const both = [asObject(value)?.['follow'], asObject(value)?.['ignore']]
  const parsed = both.map((member) => assertionSettings.safeParse(member))
  const [follow, ignore] = parsed
  if (!follow?.success || !ignore?.success) {
    scope.source.add(
      place({
        path: ['value'],
        message: 'not a pair of assertions',
        mend: 'Write `{follow: {type: ...}, ignore: {type: ...}}`.',
      }),
    )
    return undefined
  }
  return compileAssertions([follow.data, ignore.data], within(place, ['value']), scope)
}

function checkValue(
  { type, value, threshold, config }: ResolvedSettings,
  place: Place,
  { source, schemas }: Pick<AssertionScope, 'source' | 'schemas'>,
): void {
  const row = rowOf(type)
  if (row === undefined) return
  if (row.needsThreshold && threshold === undefined) {
    source.add(
      place({ path: [], message: `\`${type}\` needs a threshold`, mend: `Add \`threshold\`: ${row.means}.` }),
    )
  }
  if (row.value === undefined) {
    if (value !== undefined) {
      source.add(
        place({ path: ['value'], message: `\`${type}\` takes no value`, mend: `It means: ${row.means}.` }),
      )
    }
    return
  }
  const result = row.value.safeParse(value)
  if (!result.success) {
    const schema = z.toJSONSchema(row.value, { io: 'input' }) as JsonObject
    const [finding] = result.error.issues.flatMap((issue) => toFindings(issue, [], value, schema))
    source.add(
      place({
        path: ['value', ...(finding?.path ?? [])],
        message: `${finding?.message ?? 'not valid'} for \`${type}\``,
        mend: `${finding?.mend ?? ''} It means: ${row.means}.`.trim(),
      }),
    )
    return
  }
  const fault = row.isSchema ? schemas.of(value) : row.fault?.(value, config as JsonObject | undefined)
  if (fault !== undefined)
    source.add(place({ path: ['value'], message: fault, mend: `It means: ${row.means}.` }))
}

/** Whether any assertion of the list, or of a set in it, runs JavaScript of the suite. */
export function usesScripts(assertions: readonly Assertion[]): boolean {
  return assertions.some(
    ({ type, transformScript, assert = [] }) =>
      type === 'javascript' || transformScript !== undefined || usesScripts(assert),
  )
}
