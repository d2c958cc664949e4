/** Multipart forms: the field that is found is the one that any other reader finds, and nothing else changes. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formBoundary, readFormFields, replaceField } from './multipart.ts'

const part = (name: string, value: string, more = ''): string =>
  `--B\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`

function read(text: string | Buffer, wanted: readonly string[] = ['model']) {
  return readFormFields(Buffer.from(text), 'B', wanted)
}

test('any form that a browser writes: its model is found and replaced, the rest stays', async () => {
  const bytes = fc.uint8Array({ maxLength: 400 })
  const name = fc.stringMatching(/^[a-z][a-z_[\]]{0,12}$/).filter((text) => text !== 'model')
  const value = fc.string({ maxLength: 40 }).map((text) => text.replaceAll(/[\r\n]/g, ' '))
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(name, fc.oneof(bytes, value)), { maxLength: 6 }),
      fc.nat(6),
      value,
      async (fields, at, model) => {
        const form = new FormData()
        const add = ([key, content]: readonly [string, string | Uint8Array]): void => {
          if (typeof content === 'string') form.append(key, content)
          else form.append(key, new Blob([Uint8Array.from(content)]), 'a "file".bin')
        }
        fields.slice(0, at).forEach(add)
        form.append('model', model)
        fields.slice(at).forEach(add)
        const written = new Response(form)
        const type = written.headers.get('content-type')!
        const body = Buffer.from(await written.arrayBuffer())
        const found = readFormFields(body, formBoundary(type)!, ['model', 'stream']).get('model')!
        assert.equal(found.value, Buffer.from(model).toString('utf8'))
        const replaced = replaceField(body, found, 'other')
        const again = await new Response(replaced, { headers: { 'content-type': type } }).formData()
        assert.equal(again.get('model'), 'other')
        assert.deepEqual([...again.keys()], [...form.keys()])
        assert.equal(replaced.length, body.length - Buffer.byteLength(model) + 5)
      },
    ),
    { numRuns: 200 },
  )
})

test('an empty value, a value at the end without a last line end, and a file that looks like a form', () => {
  assert.equal(read(`${part('model', '')}--B--\r\n`).get('model')?.value, '')
  assert.equal(read(`${part('model', 'm')}--B--`).get('model')?.value, 'm')
  const nested = part('file', '--A\r\nContent-Disposition: form-data; name="model"\r\n\r\nevil\r\n--A--')
  assert.equal(read(`${nested}${part('model', 'm')}--B--\r\n`).get('model')?.value, 'm')
  assert.equal(read(`${part('file', 'x')}--B--\r\n`).size, 0)
})

test('whatever can be understood in two ways is refused', () => {
  const forms = [
    '',
    '--B--',
    `x${part('model', 'm')}--B--`,
    part('model', 'm'),
    `${part('model', 'm')}--B-`,
    `${part('model', 'm')}--B--x`,
    `${part('model', 'm')}--B--\r\n\r\n`,
    `${part('model', 'm')}${part('model', 'n')}--B--`,
    `${part('model', 'm', '; name=other')}--B--`,
    `${part('mod\\"el', 'm')}--B--`,
    `${part('%6dodel', 'm')}--B--`,
    `--B\r\nContent-Disposition: form-data; name=model; name*=utf-8''x\r\n\r\nm\r\n--B--`,
    `--B\r\nContent-Disposition: form-data\r\n\r\nm\r\n--B--`,
    `--B\r\nContent-Disposition: attachment; name="model"\r\n\r\nm\r\n--B--`,
    `--B\r\nContent-Disposition: form-data;\r\n name="model"\r\n\r\nm\r\n--B--`,
    `--B\r\nContent-Disposition : form-data; name="model"\r\n\r\nm\r\n--B--`,
    `--B\r\nContent-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n--B--`,
    `--B\r\nContent-Disposition: form-data; name="model"\r\nContent-Transfer-Encoding: base64\r\n\r\nbQ==\r\n--B--`,
    `--B\nContent-Disposition: form-data; name="model"\n\nm\n--B--`,
    `--BB\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n--BB--`,
    `--B\r\n${'x'.repeat(9000)}`,
    `${part('model', 'm'.repeat(2000))}--B--`,
    `${part('a', '').repeat(1001)}--B--`,
  ]
  for (const form of forms) {
    if (form === '--B--') assert.equal(read(form).size, 0)
    else assert.throws(() => read(form), { code: 'invalid_request' }, JSON.stringify(form.slice(0, 200)))
  }
})

test('any bytes are read or refused, and never take long', () => {
  const pieces = fc.constantFrom(
    '--B',
    '\r\n',
    '--',
    'Content-Disposition: form-data; name="model"',
    'x',
    '"',
    '\\',
    ';',
    '\0',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      try {
        read(parts.join(''))
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'invalid_request')
      }
    }),
    { numRuns: 2000 },
  )
  const from = process.cpuUsage()
  const head = `Content-Disposition: form-data${'; a="'.repeat(1500)}`
  assert.throws(() => read(`--B\r\n${head}\r\n\r\nm\r\n--B--`), { code: 'invalid_request' })
  const { user } = process.cpuUsage(from)
  assert.ok(user < 200_000, `${user} µs`)
})

test('only a plain multipart type has a boundary', () => {
  assert.equal(formBoundary('multipart/form-data; boundary=abc'), 'abc')
  assert.equal(formBoundary('Multipart/Form-Data;boundary="a b"'), 'a b')
  for (const type of [
    'application/json',
    'multipart/form-data',
    'multipart/mixed; boundary=a',
    `multipart/form-data; boundary=${'a'.repeat(71)}`,
  ]) {
    assert.equal(formBoundary(type), undefined, type)
  }
})
