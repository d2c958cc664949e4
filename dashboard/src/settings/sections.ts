/** Settings as lines, by section. Pure. */

export interface Setting {
  /** Below its section. */
  readonly path: string
  /** As JSON. */
  readonly value: string
  /** The file has it; else it is a default, or follows from what is set. */
  readonly isSet: boolean
}

export interface Section {
  readonly name: string
  readonly settings: readonly Setting[]
}

export interface Settings {
  readonly settings: Readonly<Record<string, unknown>>
  /** Paths of what the file has. */
  readonly written: readonly string[]
}

/** The sections with settings whose path or value holds the text. */
export function sectionsOf({ settings, written }: Settings, text: string): Section[] {
  const wanted = text.trim().toLowerCase()
  // What is below a path that is written is written with it.
  const isSet = (path: string) => written.some((own) => path === own || path.startsWith(`${own}.`))
  return Object.entries(settings).flatMap(([name, value]) => {
    const found = linesOf(value, '')
      .filter((line) => `${name}.${line.path} ${line.value}`.toLowerCase().includes(wanted))
      .map((line) => ({ ...line, isSet: isSet(line.path === itself ? name : `${name}.${line.path}`) }))
    return found.length > 0 ? [{ name, settings: found }] : []
  })
}

/** Of a section that has no parts. */
const itself = '(itself)'

/** Lists of plain values stay on their line. */
function linesOf(value: unknown, path: string): Omit<Setting, 'isSet'>[] {
  const isPlain = (thing: unknown) => typeof thing !== 'object' || thing === null
  if (isPlain(value) || (Array.isArray(value) && value.every(isPlain))) {
    return [{ path: path === '' ? itself : path, value: JSON.stringify(value) }]
  }
  const members = Object.entries(value as object)
  if (members.length === 0) return [{ path: path === '' ? itself : path, value: 'empty' }]
  return members.flatMap(([name, member]) => linesOf(member, path === '' ? name : `${path}.${name}`))
}
