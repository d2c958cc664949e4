/** Expressions of templates: parsed once, evaluated over plain data, with no way to reach code. */

/** A template that cannot be rendered; the message is fit for the writer of the suite. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
}

export type Scope = ReadonlyMap<string, unknown>
/** Gives undefined where a name or member is missing. */
export type Expression = (scope: Scope) => unknown

const tokenPattern =
  /\s*(?:(\d+(?:\.\d+)?)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([A-Za-z_]\w*)|(===|!==|==|!=|<=|>=|[-+*/%~<>|.,:()[\]{}]))/y

function tokenise(text: string): string[] {
  const tokens: string[] = []
  tokenPattern.lastIndex = 0
  const source = text.trimEnd()
  while (tokenPattern.lastIndex < source.length) {
    const at = tokenPattern.lastIndex
    const match = tokenPattern.exec(source)
    if (match === null) throw new TemplateError(`cannot read \`${source.slice(at).trim().slice(0, 40)}\``)
    tokens.push(match[0].trim())
  }
  return tokens
}

/** Parses the text between `{{` and `}}`. Throws TemplateError. */
export function parseExpression(text: string): Expression {
  const parser = new Parser(tokenise(text))
  const expression = parser.or()
  parser.expectEnd()
  return expression
}

const literals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['none', null],
  ['null', null],
])

const binary: Readonly<Record<string, (a: unknown, b: unknown) => unknown>> = {
  '==': (a, b) => a === b || String(a) === String(b),
  '===': (a, b) => a === b,
  '!=': (a, b) => a !== b && String(a) !== String(b),
  '!==': (a, b) => a !== b,
  '<': (a, b) => Number(a) < Number(b),
  '<=': (a, b) => Number(a) <= Number(b),
  '>': (a, b) => Number(a) > Number(b),
  '>=': (a, b) => Number(a) >= Number(b),
  '+': (a, b) => (typeof a === 'number' && typeof b === 'number' ? a + b : toText(a) + toText(b)),
  '-': (a, b) => Number(a) - Number(b),
  '*': (a, b) => Number(a) * Number(b),
  '/': (a, b) => Number(a) / Number(b),
  '%': (a, b) => Number(a) % Number(b),
  '~': (a, b) => toText(a) + toText(b),
  in: (a, b) => (Array.isArray(b) ? b.includes(a) : memberOf(b, String(a)) !== undefined),
}

/** Recursive descent: each method reads one level of precedence, the weakest first. */
class Parser {
  readonly #tokens: readonly string[]
  #at = 0

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  expectEnd(): void {
    const rest = this.#tokens[this.#at]
    if (rest !== undefined) throw new TemplateError(`\`${rest}\` cannot stand here`)
  }

  #take(...wanted: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at]
    if (token === undefined || !wanted.includes(token)) return undefined
    this.#at++
    return token
  }

  #expect(token: string): void {
    if (this.#take(token) === undefined) throw new TemplateError(`\`${token}\` is missing`)
  }

  #name(): string {
    const token = this.#tokens[this.#at++]
    if (token === undefined || !/^[A-Za-z_]/.test(token)) throw new TemplateError('a name is missing')
    return token
  }

  or(): Expression {
    let left = this.#and()
    while (this.#take('or')) {
      const [a, b] = [left, this.#and()]
      left = (scope) => (isTruthy(a(scope)) ? a(scope) : b(scope))
    }
    return left
  }

  #and(): Expression {
    let left = this.#not()
    while (this.#take('and')) {
      const [a, b] = [left, this.#not()]
      left = (scope) => (isTruthy(a(scope)) ? b(scope) : a(scope))
    }
    return left
  }

  #not(): Expression {
    if (!this.#take('not')) return this.#compare()
    const inner = this.#not()
    return (scope) => !isTruthy(inner(scope))
  }

  #compare(): Expression {
    return this.#binary(['==', '===', '!=', '!==', '<', '<=', '>', '>=', 'in'], () =>
      this.#binary(['+', '-', '~'], () => this.#binary(['*', '/', '%'], () => this.#filtered())),
    )
  }

  #binary(operators: readonly string[], next: () => Expression): Expression {
    let left = next()
    for (let token = this.#take(...operators); token !== undefined; token = this.#take(...operators)) {
      const [a, b, apply] = [left, next(), binary[token]!]
      left = (scope) => apply(a(scope), b(scope))
    }
    return left
  }

  #filtered(): Expression {
    let value = this.#member()
    while (this.#take('|')) {
      const name = this.#name()
      const filter = filters.get(name)
      if (filter === undefined) throw new TemplateError(`there is no filter \`${name}\``)
      const args = this.#take('(') ? this.#list(')') : []
      const input = value
      value = (scope) =>
        filter(
          input(scope),
          args.map((arg) => arg(scope)),
        )
    }
    return value
  }

  #member(): Expression {
    let value = this.#primary()
    for (;;) {
      const owner = value
      if (this.#take('.')) {
        const name = this.#name()
        value = (scope) => memberOf(owner(scope), name)
      } else if (this.#take('[')) {
        const key = this.or()
        this.#expect(']')
        value = (scope) => memberOf(owner(scope), String(key(scope)))
      } else if (this.#take('(')) {
        throw new TemplateError('functions cannot be called in a template')
      } else {
        return value
      }
    }
  }

  #primary(): Expression {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw new TemplateError('an expression is missing')
    if (token === '(') {
      const inner = this.or()
      this.#expect(')')
      return inner
    }
    if (token === '[') {
      const items = this.#list(']')
      return (scope) => items.map((item) => item(scope))
    }
    if (token === '-') {
      const inner = this.#member()
      return (scope) => -Number(inner(scope))
    }
    if (/^\d/.test(token)) return () => Number(token)
    if (/^["']/.test(token)) return constant(unquote(token))
    if (literals.has(token)) return constant(literals.get(token))
    if (/^[A-Za-z_]/.test(token)) return (scope) => scope.get(token)
    throw new TemplateError(`\`${token}\` cannot stand here`)
  }

  #list(end: string): Expression[] {
    const items: Expression[] = []
    if (this.#take(end)) return items
    do items.push(this.or())
    while (this.#take(','))
    this.#expect(end)
    return items
  }
}

function constant(value: unknown): Expression {
  return () => value
}

function unquote(token: string): string {
  return token
    .slice(1, -1)
    .replace(/\\(.)/g, (_, character: string) =>
      character === 'n' ? '\n' : character === 't' ? '\t' : character,
    )
}

/** Own members of plain data only: `constructor` and its like are no way out. */
function memberOf(owner: unknown, name: string): unknown {
  if (typeof owner === 'string' || Array.isArray(owner)) {
    if (name === 'length') return owner.length
    return /^\d+$/.test(name) ? owner[Number(name)] : undefined
  }
  if (typeof owner !== 'object' || owner === null || !Object.hasOwn(owner, name)) return undefined
  return (owner as Record<string, unknown>)[name]
}

export function isTruthy(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value)
}

/** How a value is written into the text: objects as JSON, nothing for null. */
export function toText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  return typeof value === 'object' ? JSON.stringify(value) : String(value as number | boolean)
}

type Filter = (value: unknown, args: readonly unknown[]) => unknown

const toList = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : typeof value === 'string' ? Array.from(value) : []

const filters: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['upper', (value) => toText(value).toUpperCase()],
  ['lower', (value) => toText(value).toLowerCase()],
  ['trim', (value) => toText(value).trim()],
  ['capitalize', (value) => toText(value).replace(/^./, (first) => first.toUpperCase())],
  [
    'length',
    (value) =>
      isRecord(value)
        ? Object.keys(value).length
        : typeof value === 'string'
          ? value.length
          : toList(value).length,
  ],
  ['default', (value, [fallback]) => value ?? fallback],
  ['d', (value, [fallback]) => value ?? fallback],
  ['join', (value, [separator = '']) => toList(value).map(toText).join(toText(separator))],
  ['first', (value) => toList(value)[0]],
  ['last', (value) => toList(value).at(-1)],
  [
    'reverse',
    (value) =>
      typeof value === 'string' ? Array.from(value).toReversed().join('') : toList(value).toReversed(),
  ],
  ['replace', (value, [from, to = '']) => toText(value).replaceAll(toText(from), toText(to))],
  ['dump', (value, [indent]) => JSON.stringify(value ?? null, null, indent as number | undefined)],
  ['tojson', (value) => JSON.stringify(value ?? null)],
  ['safe', (value) => value],
  ['string', toText],
  ['int', (value) => Math.trunc(Number(value))],
  ['float', Number],
  ['round', (value, [digits = 0]) => Number(Number(value).toFixed(Number(digits)))],
])

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
