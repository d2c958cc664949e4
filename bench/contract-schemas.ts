/** The schemas that structured output is measured with: shapes as applications have them, and generated ones. */

import fc from 'fast-check'
import type { Json, JsonObject } from '../src/core/json.ts'

const text = { type: 'string' }
const integer = { type: 'integer' }
const number = { type: 'number' }
const flag = { type: 'boolean' }
const date = { type: 'string', format: 'date' }
const moment = { type: 'string', format: 'date-time' }
const email = { type: 'string', format: 'email' }
const address = { type: 'string', format: 'uri' }
const uuid = { type: 'string', format: 'uuid' }
const share = { type: 'number', minimum: 0, maximum: 1 }
const count = { type: 'integer', minimum: 0 }
const money = { type: 'number', minimum: 0, description: 'In the currency of the document.' }

const oneOf = (...values: string[]): JsonObject => ({ type: 'string', enum: values })
const list = (items: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'array', items, ...more })
const maybe = (schema: JsonObject): JsonObject => ({ anyOf: [schema, { type: 'null' }] })
const either = (...options: JsonObject[]): JsonObject => ({ anyOf: options })
const ref = (name: string): JsonObject => ({ $ref: `#/$defs/${name}` })
const matching = (pattern: string): JsonObject => ({ type: 'string', pattern })

/** A closed object. A name that ends in `?` is optional. */
function record(members: Record<string, Json>, more: JsonObject = {}): JsonObject {
  const entries = Object.entries(members)
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, schema]) => [name.replace(/\?$/, ''), schema])),
    required: entries.map(([name]) => name).filter((name) => !name.endsWith('?')),
    additionalProperties: false,
    ...more,
  }
}

/** An object that may have members that it does not name. */
function open(members: Record<string, Json>, more: JsonObject = {}): JsonObject {
  const { additionalProperties: _closed, ...rest } = record(members, more)
  return rest
}

const person = record({ name: text, email: email, 'phone?': matching('^\\+[0-9]{11}$') })
const place = record({
  street: text,
  city: text,
  'zip?': matching('^[0-9]{5}$'),
  country: oneOf('DE', 'FR', 'US'),
})

export const handwritten: Readonly<Record<string, JsonObject>> = {
  sentiment: record({ label: oneOf('positive', 'neutral', 'negative'), confidence: share }),
  spam: record({ isSpam: flag, reasons: list(text, { maxItems: 5 }) }),
  language: record({ code: matching('^[a-z]{2}$'), isCertain: flag }),
  topics: record({
    topics: list(oneOf('billing', 'bug', 'feature', 'other'), { minItems: 1, uniqueItems: true }),
  }),
  title: record({ title: { type: 'string', minLength: 1, maxLength: 80 } }),
  summary: record({ summary: text, keyPoints: list(text, { minItems: 1, maxItems: 7 }), 'tone?': text }),
  translation: record({ source: text, target: text, notes: list(text) }),
  person,
  place,
  contact: record({ person, place, 'tags?': list(text) }),
  invoice: record({
    number: matching('^[A-Z]{3}-[0-9]{3}$'),
    issued: date,
    'due?': date,
    seller: person,
    buyer: person,
    lines: list(record({ what: text, quantity: { ...count, minimum: 1 }, price: money }), { minItems: 1 }),
    total: money,
    currency: oneOf('EUR', 'USD', 'GBP'),
  }),
  receipt: record({
    merchant: text,
    at: moment,
    items: list(record({ name: text, price: money })),
    'tip?': money,
  }),
  order: record({
    id: uuid,
    status: oneOf('open', 'paid', 'shipped', 'returned'),
    items: list(record({ sku: text, quantity: count, 'options?': list(text) }), { minItems: 1 }),
    ship: place,
    'bill?': place,
  }),
  ticket: record({
    subject: text,
    priority: oneOf('low', 'normal', 'high', 'urgent'),
    product: maybe(text),
    steps: list(text),
    assignee: maybe(person),
  }),
  bug: record({
    title: text,
    severity: { type: 'integer', minimum: 1, maximum: 5 },
    environment: record({ os: text, version: matching('^[0-9]+\\.[0-9]+\\.[0-9]+$') }),
    'trace?': text,
  }),
  review: record({
    verdict: oneOf('approve', 'comment', 'reject'),
    comments: list(record({ file: text, line: count, body: text, 'suggestion?': text })),
  }),
  commit: record({
    type: oneOf('feat', 'fix', 'docs', 'chore'),
    'scope?': text,
    message: text,
    breaking: flag,
  }),
  resume: record({
    name: text,
    contact: record({ email, 'site?': address }),
    work: list(record({ company: text, role: text, from: date, to: maybe(date), highlights: list(text) })),
    education: list(record({ school: text, degree: text, year: { type: 'integer', minimum: 1900 } })),
    skills: list(text, { uniqueItems: true }),
  }),
  event: record({ title: text, start: moment, end: moment, where: either(place, record({ url: address })) }),
  flight: record({
    from: matching('^[A-Z]{3}$'),
    to: matching('^[A-Z]{3}$'),
    day: date,
    passengers: { type: 'integer', minimum: 1, maximum: 9 },
    cabin: oneOf('economy', 'business'),
  }),
  recipe: record({
    name: text,
    serves: count,
    ingredients: list(record({ name: text, amount: number, unit: oneOf('g', 'ml', 'piece') }), {
      minItems: 1,
    }),
    steps: list(text, { minItems: 1 }),
    'minutes?': count,
  }),
  medication: record({
    drug: text,
    dose: record({ value: number, unit: oneOf('mg', 'ml') }),
    timesPerDay: count,
  }),
  triage: record({ level: { type: 'integer', enum: [1, 2, 3, 4, 5] }, redFlags: list(text), advice: text }),
  quiz: record({
    question: text,
    options: list(text, { minItems: 4, maxItems: 4 }),
    answer: { type: 'integer', minimum: 0, maximum: 3 },
  }),
  entities: record({
    entities: list(record({ text, kind: oneOf('person', 'org', 'place'), start: count, end: count })),
  }),
  relations: record({ triples: list(record({ subject: text, predicate: text, object: text })) }),
  citations: record({ answer: text, sources: list(record({ url: address, quote: text, score: share })) }),
  sql: record({ query: text, tables: list(text), isReadOnly: { type: 'boolean', const: true } }),
  chart: record({
    kind: oneOf('bar', 'line'),
    x: list(text),
    series: list(record({ name: text, values: list(number) }), { minItems: 1 }),
  }),
  palette: record({ colours: list(matching('^#[0-9a-f]{6}$'), { minItems: 1, maxItems: 6 }) }),
  position: record({ at: { type: 'array', prefixItems: [number, number], minItems: 2, maxItems: 2 } }),
  box: record({ box: list(integer, { minItems: 4, maxItems: 4 }), label: text, score: share }),
  plan: record({ steps: list(record({ id: count, what: text, after: list(count) }), { minItems: 1 }) }),
  action: record({
    action: either(
      record({ type: { type: 'string', const: 'search' }, query: text }),
      record({ type: { type: 'string', const: 'open' }, url: address }),
      record({ type: { type: 'string', const: 'finish' }, answer: text }),
    ),
    thought: text,
  }),
  payment: record({
    method: {
      oneOf: [
        record({ kind: { const: 'card' }, last4: matching('^[0-9]{4}$') }),
        record({ kind: { const: 'transfer' }, iban: text }),
      ],
    },
    amount: money,
  }),
  shape: record({ shape: either(record({ radius: number }), record({ width: number, height: number })) }),
  settings: record({
    theme: oneOf('light', 'dark'),
    'fontSize?': { type: 'integer', minimum: 8, maximum: 32 },
  }),
  metrics: { type: 'object', properties: { name: text }, required: ['name'], additionalProperties: number },
  labels: { type: 'object', additionalProperties: text, minProperties: 1 },
  openBag: open({ id: text, kind: oneOf('a', 'b') }),
  weather: open({
    city: text,
    celsius: number,
    'wind?': open({ speed: number, from: oneOf('N', 'E', 'S', 'W') }),
  }),
  tree: record(
    { root: ref('node') },
    { $defs: { node: record({ value: text, children: list(ref('node')) }) } },
  ),
  outline: record(
    { title: text, sections: list(ref('section')) },
    { $defs: { section: record({ heading: text, body: text, 'sections?': list(ref('section')) }) } },
  ),
  comments: record(
    { thread: ref('comment') },
    { $defs: { comment: record({ by: text, text, replies: list(ref('comment')), 'likes?': count }) } },
  ),
  menu: record(
    { items: list(ref('item')) },
    { $defs: { item: record({ label: text, target: either(address, list(ref('item'))) }) } },
  ),
  linked: record(
    { head: ref('link') },
    { $defs: { link: record({ value: integer, next: maybe(ref('link')) }) } },
  ),
  formula: record(
    { is: ref('term') },
    {
      $defs: {
        term: either(
          record({ number }),
          record({ op: oneOf('+', '*'), left: ref('term'), right: ref('term') }),
        ),
      },
    },
  ),
  inherited: record(
    { owner: { allOf: [ref('user')], description: 'Who has it.' }, since: date },
    { $defs: { user: record({ id: uuid, email }) } },
  ),
  pydantic: {
    title: 'Order',
    type: 'object',
    $defs: {
      Line: {
        title: 'Line',
        type: 'object',
        properties: { sku: { title: 'Sku', type: 'string' }, n: { title: 'N', type: 'integer', default: 1 } },
        required: ['sku'],
      },
      Status: { title: 'Status', type: 'string', enum: ['open', 'done'] },
    },
    properties: {
      lines: { title: 'Lines', type: 'array', items: { $ref: '#/$defs/Line' } },
      status: { $ref: '#/$defs/Status' },
      note: { title: 'Note', anyOf: [{ type: 'string' }, { type: 'null' }], default: null },
    },
    required: ['lines', 'status'],
  },
  draft7: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    definitions: { point: { type: 'array', items: [number, number], minItems: 2, maxItems: 2 } },
    properties: { points: list({ $ref: '#/definitions/point' }, { minItems: 1 }), label: text },
    required: ['points', 'label'],
  },
  network: record({
    host: { type: 'string', format: 'ipv4' },
    port: { type: 'integer', minimum: 1, maximum: 65535 },
  }),
  survey: record({ answers: list(record({ q: text, a: either(text, number, flag) }), { minItems: 1 }) }),
  diff: record({ changes: list(record({ path: text, old: maybe(text), new: maybe(text) })) }),
  timeline: record({
    events: list(record({ at: moment, what: text, 'who?': list(person) }), { minItems: 1 }),
  }),
  budget: record({ lines: list(record({ name: text, planned: money, spent: money })), balance: number }),
  moderation: record({
    flagged: flag,
    scores: record({ hate: share, violence: share, selfHarm: share, sexual: share }),
  }),
}

const leaves: readonly JsonObject[] = [
  text,
  integer,
  number,
  flag,
  date,
  moment,
  email,
  address,
  uuid,
  share,
  count,
  oneOf('one', 'two', 'three'),
  { type: 'integer', enum: [1, 2, 3] },
  { type: 'string', minLength: 3 },
  matching('^[A-Z]{3}$'),
  maybe(text),
  { const: 'fixed' },
  { type: ['string', 'null'] },
]

/** Small schemas of every kind, nested a few levels deep. */
function schemaArbitrary(): fc.Arbitrary<JsonObject> {
  const name = fc.constantFrom(...'id name kind size owner notes parts score link when'.split(' '))
  const leaf = fc.constantFrom<JsonObject>(...leaves)
  const { node } = fc.letrec<{ node: JsonObject; object: JsonObject }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      tie('object'),
      fc
        .tuple(tie('node'), fc.integer({ min: 0, max: 2 }))
        .map(([items, minItems]) => list(items, { minItems })),
      fc.tuple(leaf, tie('object')).map(([a, b]) => either(b, a)),
    ),
    object: fc
      .tuple(
        fc.uniqueArray(fc.tuple(name, tie('node'), fc.boolean()), {
          selector: ([key]) => key,
          minLength: 1,
          maxLength: 5,
        }),
        fc.boolean(),
      )
      .map(([members, isClosed]) => {
        const named = Object.fromEntries(
          members.map(([key, schema, isOptional], at) => [isOptional && at > 0 ? `${key}?` : key, schema]),
        )
        return isClosed ? record(named) : open(named)
      }),
  }))
  return fc
    .uniqueArray(fc.tuple(name, node), { selector: ([key]) => key, minLength: 1, maxLength: 5 })
    .map((members) => record(Object.fromEntries(members)))
}

/** Always the same ones for the same seed. */
export function generatedSchemas(howMany: number, seed: number): JsonObject[] {
  return fc.sample(schemaArbitrary(), { numRuns: howMany, seed })
}
