/** The cases of a suite as they are written: inline, in YAML, JSON or JSON Lines, or as rows of a table. */

import { toFindings } from '../../config/shape.ts'
import { z } from 'zod'
import { asArray, asObject, type Json, type JsonObject, parseJson } from '../../core/json.ts'
import { parseCsv } from './csv.ts'
import { type AssertionSettings, type CaseSettings, caseSettings } from './settings.ts'
import { atLine, type Place, type SuiteSource, within } from './source.ts'

/** A case with the place of each of its parts. */
export interface WrittenCase {
  readonly settings: CaseSettings
  readonly place: Place
  readonly file: string
}

/** All cases of `tests`, files read. `place` is of `tests` itself. */
export async function readCases(
  tests: string | readonly (string | CaseSettings)[] | undefined,
  file: string,
  place: Place,
  source: SuiteSource,
): Promise<WrittenCase[]> {
  if (tests === undefined) return []
  if (typeof tests === 'string') return readCaseFile(tests, file, place, source)
  const cases: WrittenCase[] = []
  for (const [index, entry] of tests.entries()) {
    const at = within(place, [index])
    if (typeof entry === 'string') cases.push(...(await readCaseFile(entry, file, at, source)))
    else cases.push({ settings: entry, place: at, file })
  }
  return cases
}

async function readCaseFile(
  reference: string,
  from: string,
  place: Place,
  source: SuiteSource,
): Promise<WrittenCase[]> {
  const refuse = (message: string, mend: string): WrittenCase[] => {
    source.add(place({ path: [], message, mend }))
    return []
  }
  const kinds = 'Name a `file://` of YAML, JSON, JSON Lines or CSV.'
  if (!reference.startsWith('file://')) return refuse('not a file of cases', kinds)
  const file = source.resolve(from, reference)
  const extension = /\.(\w+)$/.exec(file)?.[1]?.toLowerCase()
  if (!['yaml', 'yml', 'json', 'jsonl', 'csv'].includes(extension ?? '')) {
    return refuse(`cases from ${extension === undefined ? 'this' : `.${extension}`} are not supported`, kinds)
  }
  const text = await source.text(file, (finding) => place({ path: [], ...finding }))
  if (text === undefined) return []
  if (extension === 'csv') return fromCsv(text, file, source)
  if (extension === 'jsonl') return fromLines(text, file, source)
  const parsed = source.parse(file, text)
  if (parsed === undefined) return []
  // A whole suite may be included for its cases: a generated pack is one.
  const { value } = parsed
  const own = asObject(value)?.['tests']
  const list = own === undefined ? value : own
  const at = own === undefined ? parsed.place : within(parsed.place, ['tests'])
  if (!Array.isArray(list)) return refuse(`${file} holds no list of cases`, 'Write a list of cases in it.')
  return asArray(list).flatMap((item, index) => checked(item, file, within(at, [index]), source))
}

const schema = z.toJSONSchema(caseSettings, { io: 'input', reused: 'ref', cycles: 'ref' }) as JsonObject

function checked(value: unknown, file: string, place: Place, source: SuiteSource): WrittenCase[] {
  const result = caseSettings.safeParse(value)
  if (result.success) return [{ settings: result.data, place, file }]
  for (const issue of result.error.issues) {
    for (const finding of toFindings(issue, [], value, schema)) source.add(place(finding))
  }
  return []
}

function fromLines(text: string, file: string, source: SuiteSource): WrittenCase[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    const place = atLine(file, index + 1)
    const value = parseJson(line)
    if (value !== undefined) return checked(value, file, place, source)
    source.add(place({ path: [], message: 'not valid JSON', mend: 'Write one JSON object on each line.' }))
    return []
  })
}

/** promptfoo's table: a column per variable, and `__expected`, `__metadata:name`, `__id` and the like. */
function fromCsv(text: string, file: string, source: SuiteSource): WrittenCase[] {
  const table = parseCsv(text)
  if ('fault' in table) {
    source.add(
      atLine(file, table.line)({ path: [], message: table.fault, mend: 'Close the quotes of this row.' }),
    )
    return []
  }
  const [header, ...rows] = table.rows
  const names = header?.cells.map((name) => name.trim()) ?? []
  return rows.flatMap(({ cells, line }) => {
    const place = atLine(file, line)
    const vars: Record<string, Json> = {}
    const metadata: Record<string, Json> = {}
    const assert: AssertionSettings[] = []
    const rest: Record<string, Json> = {}
    for (const [column, name] of names.entries()) {
      const cell = cells[column] ?? ''
      if (/^__expected\d*$/.test(name)) {
        if (cell.trim() !== '') assert.push(expectation(cell))
      } else if (name.startsWith('__metadata:')) {
        const key = name.slice('__metadata:'.length)
        if (cell !== '') metadata[key.replace(/\[\]$/, '')] = key.endsWith('[]') ? cell.split(',') : cell
      } else if (name === '__id' && cell !== '') rest['id'] = cell.trim()
      else if (name === '__description' && cell !== '') rest['description'] = cell
      else if (name === '__threshold' && cell !== '') rest['threshold'] = Number(cell)
      else if (!name.startsWith('__')) vars[name] = cell
      else if (!['__id', '__description', '__threshold'].includes(name)) {
        source.add(
          atLine(
            file,
            header!.line,
          )({
            path: [name],
            message: 'a column that is not known',
            mend: 'Known: `__id`, `__expected`, `__expectedN`, `__metadata:name`, `__description`, `__threshold`.',
          }),
        )
      }
    }
    return checked({ ...rest, vars, ...(assert.length > 0 && { assert }), metadata }, file, place, source)
  })
}

/** `type(threshold): value`, or a plain text for `equals`. */
function expectation(cell: string): AssertionSettings {
  const match = /^\s*(not-)?([a-z][a-z0-9:-]*?)(?:\(([\d.]+)\))?\s*:\s*([\s\S]*)$/.exec(cell)
  if (match === null) return { type: /^is-json$/.test(cell.trim()) ? 'is-json' : 'equals', ...valueFor(cell) }
  const [, negation = '', name = '', threshold, value = ''] = match
  const type = shorthand[name] ?? name
  return {
    type: `${negation}${type}`,
    ...(value !== '' && { value: value.trim() }),
    ...(threshold !== undefined && { threshold: Number(threshold) }),
  }
}

const shorthand: Readonly<Record<string, string>> = {
  grade: 'llm-rubric',
  fn: 'javascript',
  eval: 'javascript',
}

function valueFor(cell: string): { value?: string } {
  return cell.trim() === 'is-json' ? {} : { value: cell }
}
