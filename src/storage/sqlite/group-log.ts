/** The file that the journal's groups are in before they are in tables: a line each, with its checksum. */

import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'

export interface LogPlace {
  /** How often the log had begun anew. */
  readonly generation: number
  /** In bytes. */
  readonly end: number
}

/** A group as it was written, JSON, with the place where its line ends. */
export interface LoggedGroup extends LogPlace {
  readonly text: string
}

export class GroupLog {
  readonly #path: string
  #file: number | undefined
  #generation: number
  #end = 0
  #hasFailed = false

  /** Empties the file, or makes it. Throws the file system's error. */
  constructor(path: string, generation: number) {
    this.#path = path
    this.#file = openSync(path, 'w', 0o600)
    this.#generation = generation
  }

  get place(): LogPlace {
    return { generation: this.#generation, end: this.#end }
  }

  /** Where it begins when it begins anew. */
  get nextPlace(): LogPlace {
    return { generation: this.#generation + 1, end: 0 }
  }

  /** In bytes. */
  get end(): number {
    return this.#end
  }

  /** What comes next is written once it has begun anew. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /**
   * When it returns, the group survives the end of the process. Throws the file system's error; the group then counts
   * as not written.
   */
  append(text: string): LoggedGroup {
    const body = `${this.#generation} ${text}`
    const line = Buffer.from(`${checksumOf(body)} ${body}\n`)
    try {
      const written = writeSync(this.#file!, line, 0, line.length, this.#end)
      if (written < line.length) throw new Error(`only ${written} of ${line.length} bytes could be written`)
    } catch (cause) {
      this.#hasFailed = true
      this.#cut()
      throw cause
    }
    this.#end += line.length
    return { text, generation: this.#generation, end: this.#end }
  }

  /**
   * All that it holds is in the tables. After a failure it goes on with a new handle: what became of the old one's last
   * write is not known. Throws the file system's error, and may be called again.
   */
  restart(): void {
    this.#end = 0
    this.#generation++
    if (!this.#hasFailed) return this.#cut()
    this.close()
    this.#file = openSync(this.#path, 'w', 0o600)
    this.#hasFailed = false
  }

  close(): void {
    const file = this.#file
    this.#file = undefined
    try {
      if (file !== undefined) closeSync(file)
    } catch {
      // Nothing of it is waited for: every line was written when it was appended.
    }
  }

  /** Where that fails, the next line is written over what is there, and its checksum shows where it ends. */
  #cut(): void {
    try {
      ftruncateSync(this.#file!, this.#end)
    } catch {
      return
    }
  }
}

export interface ReadLog {
  readonly groups: readonly LoggedGroup[]
  /**
   * `torn`: the last write did not end, which nothing had been told of. `broken`: a line before the last is not what
   * was written.
   */
  readonly damage?: 'torn' | 'broken'
}

const lineFeed = 0x0a

/** Every line that is whole. A file that is not there holds none. */
export function readGroupLog(path: string): ReadLog {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { groups: [] }
    throw cause
  }
  const groups: LoggedGroup[] = []
  let damage: ReadLog['damage']
  for (let from = 0; from < bytes.length;) {
    const to = bytes.indexOf(lineFeed, from)
    const end = to < 0 ? bytes.length : to + 1
    const group = to < 0 ? undefined : parseLine(bytes.toString('utf8', from, to), end)
    if (group === undefined) damage ??= 'torn'
    else {
      if (damage) damage = 'broken'
      groups.push(group)
    }
    from = end
  }
  return { groups, ...(damage && { damage }) }
}

function parseLine(line: string, end: number): LoggedGroup | undefined {
  const parts = /^([0-9a-f]{8}) ((\d{1,15}) (.*))$/.exec(line)
  if (!parts || checksumOf(parts[2]!) !== parts[1]) return undefined
  return { generation: Number(parts[3]), text: parts[4]!, end }
}

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}
