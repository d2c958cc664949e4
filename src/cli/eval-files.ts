/** The files of evaluation on this side: suites read from a folder, reports written by their names. */

import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import type { Asked } from '../evals/reports/asked.ts'
import { csvReport } from '../evals/reports/csv.ts'
import { htmlReport } from '../evals/reports/html.ts'
import { reportToJson, rowsToLines } from '../evals/reports/json.ts'
import { junitReport } from '../evals/reports/junit.ts'
import { markdownReport } from '../evals/reports/markdown.ts'
import type { Report } from '../evals/report.ts'
import { packPrefix, suiteNamed } from '../evals/run-settings.ts'
import { type LoadedSuite, loadSuite, type SuiteOverrides } from '../judgement/suite/load.ts'
import { SuiteError } from '../judgement/suite/source.ts'

/** A suite with the name of its file within its own folder, from which it reads the others. */
export interface SuiteOnDisk extends LoadedSuite {
  readonly entry: string
  /** As it was named on the command line. */
  readonly path: string
}

/** Throws SuiteError. */
export async function readSuite(path: string, overrides: SuiteOverrides): Promise<SuiteOnDisk> {
  if (path.startsWith(packPrefix)) {
    const suite = await suiteNamed(path, {}, overrides)
    return { suite, files: {}, entry: path, path }
  }
  const folder = dirname(resolve(path))
  const entry = basename(path)
  try {
    const loaded = await loadSuite(entry, (name) => readText(resolve(folder, name)), overrides)
    return { ...loaded, entry, path }
  } catch (error) {
    throw error instanceof SuiteError ? error.named((file) => fromHere(path, file)) : error
  }
}

/** The path of a suite's own file from where the command was given: editors and GitHub open it there. */
export function fromHere(suitePath: string, file: string): string {
  return isAbsolute(file) ? file : join(dirname(suitePath), file)
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}

/** They give the lines of the file. */
const writers: readonly {
  readonly ends: string
  readonly write: (report: Report, asked?: Asked) => Iterable<string>
}[] = [
  { ends: '.junit.xml', write: junitReport },
  { ends: '.xml', write: junitReport },
  { ends: '.jsonl', write: ({ rows }) => rowsToLines(rows) },
  { ends: '.json', write: reportToJson },
  { ends: '.csv', write: ({ rows }) => csvReport(rows) },
  { ends: '.html', write: htmlReport },
  { ends: '.md', write: (report) => [markdownReport(report)] },
]

/** Why a report cannot be written under this name, known before anything is paid for; undefined where it can. */
export function outputFault(path: string): string | undefined {
  if (!writers.some(({ ends }) => path.endsWith(ends))) {
    return `${path} is of no known kind: use .json, .jsonl, .csv, .html, .md or .junit.xml`
  }
  const folder = dirname(resolve(path))
  return existsSync(folder) ? undefined : `${path} cannot be written: there is no folder ${folder}`
}

export async function writeReport(path: string, report: Report, asked?: Asked): Promise<void> {
  const writer = writers.find(({ ends }) => path.endsWith(ends))
  if (writer === undefined) throw new Error(outputFault(path))
  await writeFile(path, blocksOf(writer.write(report, asked)))
}

const blockLength = 65_536

/** Lines, put together to what is worth a write. */
function* blocksOf(lines: Iterable<string>): Iterable<string> {
  let block = ''
  for (const line of lines) {
    block += `${line}\n`
    if (block.length < blockLength) continue
    yield block
    block = ''
  }
  yield block
}
