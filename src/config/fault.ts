/** What is wrong with a configuration, where, and how to mend it. */

import type { Complaint } from './secret-ref.ts'

export type Path = readonly (string | number)[]

/** A fault before its place in the file is looked up. */
export interface Finding extends Complaint {
  readonly path: Path
}

/** A fault as `check` prints it. No text of it ever holds a secret. */
export interface Fault extends Complaint {
  /** `routes.assistant.targets[1]`; empty for a fault of the whole file. */
  readonly path: string
  /** 1-based; absent where the fault is of no place in the file. */
  readonly line?: number
  readonly column?: number
}

/** A configuration that cannot be used: thrown where a start cannot go on without one. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[], file?: string) {
    super(faults.map((fault) => formatFault(file, fault)).join('\n'))
    this.faults = faults
  }
}

/** `weir.yaml:3:5 server.prot: unknown key` and the mend on a line of its own. */
export function formatFault(file: string | undefined, fault: Fault): string {
  const place = fault.line === undefined ? '' : `:${fault.line}:${fault.column}`
  const where = [`${file ?? 'configuration'}${place}`, fault.path].filter((part) => part !== '').join(' ')
  return `${where}: ${fault.message}\n  ${fault.mend}`
}

/** Names that are no plain words are quoted, so that a path cannot break out of its line. */
export function formatPath(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (/^[\w-]+$/.test(part)) text += text === '' ? part : `.${part}`
    else text += `[${quote(part)}]`
  }
  return text
}

/** A name of the user's in a message: bounded, and with control characters escaped. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}...` : name)
}
