/** The search for what callers and models said in all that a test's gateways leave behind, and the places where it may be. */

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { heardTexts } from './heard-texts.ts'

/** A place of a text: a log, an answer, a file, or the table of a database. */
export interface Leaving {
  readonly place: string
  readonly text: string
}

/** Tables where texts are meant to be readable. Everything else is sealed, or keeps none. */
const tablesOfTexts: Readonly<Record<string, string>> = {
  drift_golden_sets: 'Golden prompts: operators write them, to be asked again and again.',
  drift_samples: 'The answers to golden prompts, which later ones are compared with.',
  eval_rows: 'The cases of an evaluation and the answers to them, which its report shows.',
  eval_answers: 'Answers to the cases of evaluations, so that a second run need not pay for them.',
  eval_runs: 'The settings of a run, with the suite and its cases.',
  feedback: 'Comments on answers: written to be read by operators.',
}

/** The database that has these tables among others: it is read table by table. */
const storeFile = 'weir.db'

/** Files where texts are meant to be readable. */
const filesOfTexts: readonly (readonly [path: RegExp, reason: string])[] = [
  [/(^|\/)files\//, 'Files of batches: what callers uploaded, and the results that they fetch.'],
]

/** A conversation as some dialect writes it, whatever was said in it. */
const conversationShape = /\\*"role\\*"\s*:\s*\\*"(?:user|assistant|model|tool|developer)\\*"/

/** What was found where it should not be, as `place: text`; `shown` are texts that stand in the configuration. */
export function findTexts(leavings: Iterable<Leaving>, shown = ''): string[] {
  const texts = [...heardTexts()].filter((text) => !shown.includes(text))
  const found: string[] = []
  for (const { place, text } of leavings) {
    for (const sample of texts) if (text.includes(sample)) found.push(`${place}: "${sample}"`)
    const shape = conversationShape.exec(text)
    if (shape) found.push(`${place}: ${text.slice(Math.max(0, shape.index - 60), shape.index + 60)}`)
  }
  return found
}

/** Fails where something that was said is found; the configuration of the gateways may say it. */
export function assertNoTexts(leavings: Iterable<Leaving>, shown = ''): void {
  assert.deepEqual(
    findTexts(leavings, shown).slice(0, 10),
    [],
    'what a caller or a model said was logged or written',
  )
}

/** Every file of the data directories in a folder: of those which a gateway has made, wherever a test put them. */
export function* dataFilesOf(folder: string): Generator<Leaving> {
  // A test may have taken its own folder away already.
  if (!existsSync(folder)) return
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const dataDirs = names.filter((name) => basename(name) === 'records.db').map(dirname)
  for (const name of names) {
    const isData = dataDirs.some((dir) => dir === '.' || name.startsWith(`${dir}/`))
    if (isData && !filesOfTexts.some(([pattern]) => pattern.test(name)))
      yield* fileOf(name, join(folder, name))
  }
}

function* fileOf(name: string, path: string): Generator<Leaving> {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return
  const database = name.replace(/-(?:wal|shm|journal)$/, '')
  const text = readFileSync(path, 'latin1')
  const hasTables =
    basename(database) === storeFile && (database !== name || text.startsWith('SQLite format 3'))
  if (!hasTables) yield { place: name, text }
  else if (database === name) yield* tablesOf(name, path)
}

function* tablesOf(name: string, path: string): Generator<Leaving> {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const tables = database.prepare("select name from sqlite_schema where type = 'table'").all()
    for (const { name: table } of tables as { name: string }[]) {
      if (table in tablesOfTexts) continue
      const rows = database.prepare(`select * from "${table}" limit 20000`).iterate()
      let text = ''
      for (const row of rows) text += `${rowText(row)}\n`
      yield { place: `${name}, table ${table}`, text }
    }
  } finally {
    database.close()
  }
}

/** The values of a row of any database: bytes as they would be read in a file. */
export function rowText(row: object): string {
  return Object.values(row)
    .map((value: unknown) => {
      if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
      return typeof value === 'object' ? JSON.stringify(value) : String(value)
    })
    .join(' ')
}

export function isTableOfTexts(table: string): boolean {
  return table in tablesOfTexts
}

/** What a gateway tells whoever scrapes it, but for its own words on what they mean; empty where it runs no more. */
export async function metricsOf(url: string | undefined): Promise<Leaving> {
  const text =
    url === undefined
      ? ''
      : await fetch(`${url}/metrics`).then(
          (response) => response.text(),
          () => '',
        )
  return { place: 'metrics', text: text.replaceAll(/^#.*$/gm, '') }
}

/** The texts of the configurations in a folder and below. */
export function configurationsIn(folder: string): string {
  if (!existsSync(folder)) return ''
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ya?ml)$/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
}
