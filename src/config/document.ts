/** Reads YAML text and keeps where each value stands, so that a fault can name its line. */

import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import type { Node, Pair, YAMLError } from 'yaml'
import { type Fault, type Finding, formatPath, type Path } from './fault.ts'

export interface ConfigDocument {
  /** Plain data; an empty file is an empty object. */
  readonly value: unknown
  readonly faults: readonly Fault[]
  /** Adds the line and column of the value, of the key where `path` ends in one, else of what holds it. */
  place(finding: Finding): Fault
}

/** Parses the text of a configuration file. Syntax faults come with their line, never with the line's text. */
export function parseConfigDocument(text: string): ConfigDocument {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })

  function position(offset: number): { line: number; column: number } {
    const { line, col } = lineCounter.linePos(offset)
    return { line, column: col }
  }

  function place({ path, message, mend }: Finding): Fault {
    const offset = offsetOf(path)
    return { path: formatPath(path), message, mend, ...(offset === undefined ? {} : position(offset)) }
  }

  function offsetOf(path: Path): number | undefined {
    let node = resolved(document.contents)
    let offset = node?.range?.[0]
    for (const part of path) {
      const child = childOf(node, part)
      if (child === undefined) break
      offset = child.offset ?? offset
      node = resolved(child.node)
    }
    return offset
  }

  function resolved(node: unknown): Node | undefined {
    const target = isAlias(node) ? node.resolve(document) : node
    return isNode(target) ? target : undefined
  }

  const faults = [...document.errors, ...document.warnings].map((error) => ({
    ...syntaxFault(error),
    ...position(error.pos[0]),
  }))
  visit(document, {
    Pair(_, pair) {
      // As a key of plain data this one would vanish or reach into the prototype.
      if (!isScalar(pair.key) || pair.key.value !== '__proto__') return
      const offset = pair.key.range?.[0] ?? 0
      faults.push({
        path: '__proto__',
        message: 'not a valid name',
        mend: 'Choose another name.',
        ...position(offset),
      })
    },
  })
  let value: unknown = {}
  if (faults.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: 100 }) ?? {}
    } catch {
      faults.push({
        path: '',
        message: 'too many or circular aliases',
        mend: 'Write the values out.',
        line: 1,
        column: 1,
      })
    }
  }
  return { value, faults, place }
}

function childOf(
  node: Node | undefined,
  part: string | number,
): { node: unknown; offset?: number } | undefined {
  if (isSeq(node) && typeof part === 'number') {
    const item = node.items[part]
    return isNode(item) ? withOffset(item, item) : undefined
  }
  if (!isMap(node)) return undefined
  const pair = node.items.find(
    (candidate: Pair) => isScalar(candidate.key) && String(candidate.key.value) === part,
  )
  return pair && isNode(pair.key) ? withOffset(pair.value, pair.key) : undefined
}

function withOffset(node: unknown, placed: Node): { node: unknown; offset?: number } {
  return placed.range ? { node, offset: placed.range[0] } : { node }
}

/** The parser's messages of these kinds quote the text at fault, which may be a secret. */
const quotingCodes: ReadonlySet<YAMLError['code']> = new Set([
  'UNEXPECTED_TOKEN',
  'BAD_DQ_ESCAPE',
  'BAD_ALIAS',
  'BAD_DIRECTIVE',
  'BAD_COLLECTION_TYPE',
  'TAG_RESOLVE_FAILED',
])

function syntaxFault(error: YAMLError): Fault {
  const reason = quotingCodes.has(error.code) ? 'text that cannot stand here' : error.message
  return {
    path: '',
    message: `not valid YAML: ${reason}`,
    mend: 'Check the indentation, quotes and colons of this line and the one above.',
  }
}
