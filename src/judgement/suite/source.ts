/** The files of a suite: read through one function, remembered, with faults placed in the file they are of. */

import { posix } from 'node:path'
import { type ConfigDocument, parseConfigDocument } from '../../config/document.ts'
import { type Fault, type Finding, formatFault, formatPath, type Path } from '../../config/fault.ts'
import { parseJson } from '../../core/json.ts'

/** A fault of a suite, with the file it is in. */
export interface SuiteFault extends Fault {
  readonly file: string
}

export class SuiteError extends Error {
  override readonly name = 'SuiteError'
  readonly faults: readonly SuiteFault[]

  /** The same faults, with the files as whoever reads them would name them. */
  named(nameOf: (file: string) => string): SuiteError {
    return new SuiteError(this.faults.map((fault) => ({ ...fault, file: nameOf(fault.file) })))
  }

  constructor(faults: readonly SuiteFault[]) {
    const inOrder = faults.toSorted(
      (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || (a.line ?? 0) - (b.line ?? 0),
    )
    super(inOrder.map((fault) => formatFault(fault.file, fault)).join('\n'))
    this.faults = inOrder
  }
}

/** Gives the text of a file by its path, with forward slashes, relative to the suite's folder or absolute. */
export type ReadSuiteFile = (path: string) => Promise<string | undefined>

/** Turns a finding into a fault in its file. */
export type Place = (finding: Finding) => SuiteFault

export class SuiteSource {
  readonly faults: SuiteFault[] = []
  readonly #read: ReadSuiteFile
  readonly #texts = new Map<string, string>()

  constructor(read: ReadSuiteFile) {
    this.#read = read
  }

  /** Every file that was read, by its path: what another process needs to load the same suite. */
  get texts(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#texts)
  }

  add(fault: SuiteFault): void {
    const isKnown = this.faults.some(
      ({ file, line, path, message }) =>
        file === fault.file && line === fault.line && path === fault.path && message === fault.message,
    )
    if (!isKnown) this.faults.push(fault)
  }

  /** The path that a `file://` reference in `from` means. */
  resolve(from: string, reference: string): string {
    const path = reference.replace(/^file:\/\//, '')
    return path.startsWith('/') ? posix.normalize(path) : posix.join(posix.dirname(from), path)
  }

  /** The text of a file; undefined, with a fault at the place that names it, where it cannot be read. */
  async text(
    path: string,
    namedAt: (finding: Omit<Finding, 'path'>) => SuiteFault,
  ): Promise<string | undefined> {
    const known = this.#texts.get(path)
    if (known !== undefined) return known
    const text = await this.#read(path)
    if (text === undefined) {
      this.add(namedAt({ message: `the file ${path} cannot be read`, mend: 'Name a file beside the suite.' }))
      return undefined
    }
    this.#texts.set(path, text)
    return text
  }

  /** Parses YAML or JSON; its syntax faults are added, and then there is no document. */
  parse(file: string, text: string): Parsed | undefined {
    const quick = text.length < largeText ? undefined : parseLargeJson(file, text)
    if (quick) return quick
    const document = parseConfigDocument(text)
    for (const fault of document.faults) this.add({ ...fault, file })
    if (document.faults.length > 0) return undefined
    return { value: document.value, place: (finding) => ({ ...document.place(finding), file }) }
  }
}

export interface Parsed {
  readonly value: unknown
  readonly place: Place
}

/** The places of all values of a megabyte take a second and 200 MB to find: where they can wait, they do. */
const largeText = 65_536

/** Large JSON, such as a generated suite: its places are looked for when a fault is to be told. */
function parseLargeJson(file: string, text: string): Parsed | undefined {
  // As a key this one is a fault, which only the slow way tells.
  const value = text.includes('__proto__') ? undefined : parseJson(text)
  if (value === undefined) return undefined
  let document: ConfigDocument | undefined
  const place: Place = (finding) => {
    let fault: Fault | undefined
    const found = (): Fault => (fault ??= (document ??= parseConfigDocument(text)).place(finding))
    return {
      file,
      path: formatPath(finding.path),
      message: finding.message,
      mend: finding.mend,
      get line() {
        return found().line ?? 1
      },
      get column() {
        return found().column ?? 1
      },
    }
  }
  return { value, place }
}

/** A place within a place: findings of `path` are found under `base`. */
export function within(place: Place, base: Path): Place {
  return (finding) => place({ ...finding, path: [...base, ...finding.path] })
}

/** Every finding of one line of a file. */
export function atLine(file: string, line: number): Place {
  return ({ path, message, mend }) => ({
    file,
    line,
    column: 1,
    path: path.map(String).join('.'),
    message,
    mend,
  })
}
