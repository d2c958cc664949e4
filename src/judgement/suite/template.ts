/** Templates of prompts and assertions: the part of Nunjucks that needs no code, with unknown names as errors. */

import {
  type Expression,
  isTruthy,
  parseExpression,
  type Scope,
  TemplateError,
  toText,
} from './template-expression.ts'

export { TemplateError } from './template-expression.ts'

/** Loops of a suite's own data are short; this stops the ones that are not. */
const maxSteps = 200_000
const maxLength = 16_000_000

interface Out {
  text: string
  steps: number
}
type Node = (scope: Map<string, unknown>, out: Out) => void

/** Writes the variables into the text. Throws TemplateError: a name without a value, or a tag that is none. */
export function render(source: string, variables: Readonly<Record<string, unknown>>): string {
  if (!source.includes('{{') && !source.includes('{%') && !source.includes('{#')) return source
  const out: Out = { text: '', steps: 0 }
  const nodes = new Reader(piecesOf(source)).nodes([])
  const scope = new Map(Object.entries(variables))
  for (const node of nodes) node(scope, out)
  return out.text
}

/** Renders every text in a piece of data; keys stay as they are. */
export function renderAll<T>(value: T, variables: Readonly<Record<string, unknown>>): T {
  if (typeof value === 'string') return render(value, variables) as T
  if (Array.isArray(value)) return value.map((item) => renderAll(item as unknown, variables)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, renderAll(member, variables)]),
  ) as T
}

type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'tag'; readonly name: string; readonly text: string }

function piecesOf(source: string): Piece[] {
  const pieces: Piece[] = []
  const pattern = /\{\{(-?)([\s\S]*?)(-?)\}\}|\{%(-?)\s*(\w+)([\s\S]*?)(-?)%\}|\{#(-?)[\s\S]*?(-?)#\}/g
  let at = 0
  let trimsNext = false
  const addText = (text: string, trimsEnd: boolean): void => {
    const trimmed = trimsNext ? text.trimStart() : text
    pieces.push({ kind: 'text', text: trimsEnd ? trimmed.trimEnd() : trimmed })
  }
  for (let match = pattern.exec(source); match !== null; match = pattern.exec(source)) {
    const [whole, valueLeft, value, valueRight, tagLeft, tag, rest, tagRight, noteLeft, noteRight] = match
    addText(source.slice(at, match.index), [valueLeft, tagLeft, noteLeft].includes('-'))
    trimsNext = [valueRight, tagRight, noteRight].includes('-')
    at = match.index + whole.length
    if (value !== undefined) pieces.push({ kind: 'value', text: value })
    if (tag === undefined) continue
    if (tag !== 'raw') {
      pieces.push({ kind: 'tag', name: tag, text: (rest ?? '').trim() })
      continue
    }
    const end = /\{%-?\s*endraw\s*-?%\}/g
    end.lastIndex = at
    const close = end.exec(source)
    if (close === null) throw new TemplateError('`endraw` is missing')
    pieces.push({ kind: 'text', text: source.slice(at, close.index) })
    at = close.index + close[0].length
    pattern.lastIndex = at
  }
  addText(source.slice(at), false)
  return pieces
}

class Reader {
  readonly #pieces: readonly Piece[]
  #at = 0

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces
  }

  /** Everything up to one of the closing tags, which is left to be read; to the end where none is given. */
  nodes(ends: readonly string[]): Node[] {
    const nodes: Node[] = []
    for (;;) {
      const piece = this.#pieces[this.#at]
      if (piece === undefined) {
        if (ends.length === 0) return nodes
        throw new TemplateError(`\`${ends.at(-1)}\` is missing`)
      }
      if (piece.kind === 'tag' && ends.includes(piece.name)) return nodes
      this.#at++
      if (piece.kind === 'text') nodes.push((_, out) => write(out, piece.text))
      else if (piece.kind === 'value') nodes.push(valueNode(piece.text))
      else nodes.push(this.#tag(piece.name, piece.text))
    }
  }

  #next(): { name: string; text: string } {
    const piece = this.#pieces[this.#at++]!
    return piece as { kind: 'tag'; name: string; text: string }
  }

  #tag(name: string, text: string): Node {
    switch (name) {
      case 'if':
        return this.#if(text)
      case 'for':
        return this.#for(text)
      case 'set':
        return setNode(text)
      default:
        throw new TemplateError(`there is no tag \`${name}\``)
    }
  }

  #if(text: string): Node {
    const branches: { when: Expression; nodes: Node[] }[] = []
    let when = parseExpression(text)
    for (;;) {
      branches.push({ when, nodes: this.nodes(['elif', 'elseif', 'else', 'endif']) })
      const { name, text: condition } = this.#next()
      if (name === 'endif') break
      when = name === 'else' ? () => true : parseExpression(condition)
    }
    return (scope, out) => {
      const branch = branches.find((candidate) => isTruthy(candidate.when(scope)))
      for (const node of branch?.nodes ?? []) node(scope, out)
    }
  }

  #for(text: string): Node {
    const match = /^(\w+)(?:\s*,\s*(\w+))?\s+in\s+([\s\S]+)$/.exec(text)
    if (match === null) throw new TemplateError('write `{% for item in list %}`')
    const [, first = '', second, list = ''] = match
    const items = parseExpression(list)
    const body = this.nodes(['else', 'endfor'])
    let otherwise: Node[] = []
    if (this.#next().name === 'else') {
      otherwise = this.nodes(['endfor'])
      this.#next()
    }
    return (scope, out) => {
      const entries = entriesOf(items(scope))
      for (const node of entries.length === 0 ? otherwise : []) node(scope, out)
      for (const [index, [key, value]] of entries.entries()) {
        const inner = new Map(scope)
        inner.set(first, second === undefined ? value : key)
        if (second !== undefined) inner.set(second, value)
        inner.set('loop', loopOf(index, entries.length))
        for (const node of body) node(inner, out)
      }
    }
  }
}

function loopOf(index: number, length: number): object {
  return { index: index + 1, index0: index, first: index === 0, last: index === length - 1, length }
}

/** Lists by index, objects by key. */
function entriesOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return [...value.entries()]
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

function valueNode(text: string): Node {
  const expression = parseExpression(text)
  return (scope, out) => {
    const value = expression(scope)
    if (value === undefined) throw new TemplateError(`\`${text.trim()}\` has no value`)
    write(out, toText(value))
  }
}

function setNode(text: string): Node {
  const match = /^(\w+)\s*=\s*([\s\S]+)$/.exec(text)
  if (match === null) throw new TemplateError('write `{% set name = value %}`')
  const [, name = '', value = ''] = match
  const expression = parseExpression(value)
  return (scope: Scope) => void (scope as Map<string, unknown>).set(name, expression(scope))
}

function write(out: Out, text: string): void {
  out.text += text
  out.steps += 1
  if (out.steps > maxSteps || out.text.length > maxLength) throw new TemplateError('the text grows too long')
}
