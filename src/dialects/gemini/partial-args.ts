/** Puts together the arguments of a function call that streams in pieces, each named by a JSON path. */

import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../../core/json.ts'

type Node = { [key: string]: Json | undefined } | (Json | undefined)[]

// An index far past the end would make an array of that length out of one short message.
const maxIndexGap = 1024

/**
 * The arguments of one call, built from `partialArgs` (RFC 9535 paths of names and indices). A string piece
 * for a place that holds a string continues it; any other value replaces what is there.
 */
export class PartialArgs {
  // Without a prototype, so that a member named __proto__ is a member.
  readonly #root = Object.create(null) as Node

  /** Takes the pieces of one part; pieces that cannot be read are left out. */
  push(pieces: Json | undefined): void {
    for (const item of asArray(pieces)) {
      const piece = asObject(item)
      const steps = piece ? parsePath(asString(piece['jsonPath']) ?? '') : undefined
      const value = piece ? valueOf(piece) : undefined
      if (steps !== undefined && steps.length > 0 && value !== undefined) this.#set(steps, value)
    }
  }

  /** Takes a whole arguments object. */
  assign(args: JsonObject): void {
    Object.assign(this.#root, args)
  }

  toJson(): string {
    return JSON.stringify(this.#root)
  }

  #set(steps: readonly (string | number)[], value: Json): void {
    let node: Node = this.#root
    for (const [at, step] of steps.entries()) {
      if (Array.isArray(node) !== (typeof step === 'number')) return
      if (typeof step === 'number' && step > (node as Json[]).length + maxIndexGap) return
      const holder = node as Record<string | number, Json | undefined>
      if (at === steps.length - 1) {
        const held = Object.hasOwn(holder, step) ? holder[step] : undefined
        holder[step] = typeof held === 'string' && typeof value === 'string' ? held + value : value
        return
      }
      const held = Object.hasOwn(holder, step) ? holder[step] : undefined
      const isNode = typeof held === 'object' && held !== null
      const next = isNode ? (held as Node) : emptyFor(steps[at + 1])
      if (!isNode) holder[step] = next as Json
      node = next
    }
  }
}

function emptyFor(step: string | number | undefined): Node {
  return typeof step === 'number' ? [] : (Object.create(null) as Node)
}

function valueOf(piece: JsonObject): Json | undefined {
  if ('nullValue' in piece) return null
  return (
    asString(piece['stringValue']) ??
    asNumber(piece['numberValue']) ??
    (piece['boolValue'] as Json | undefined)
  )
}

/** The steps of a path of names and indices; undefined for any other. */
function parsePath(path: string): (string | number)[] | undefined {
  if (!path.startsWith('$')) return undefined
  const steps: (string | number)[] = []
  const step = /\.([^.[\]]+)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y
  step.lastIndex = 1
  while (step.lastIndex < path.length) {
    const match = step.exec(path)
    if (match === null) return undefined
    const [, name, index, single, double] = match
    if (index !== undefined) steps.push(Number(index))
    else steps.push(name ?? (single ?? double ?? '').replace(/\\(.)/g, '$1'))
  }
  return steps
}
