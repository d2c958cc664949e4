/** Finds one field of a multipart form, without decoding the others (RFC 7578). */

import { GatewayError } from '../core/error.ts'

/** Where the value of a field stands in the form's bytes. */
export interface FormField {
  readonly value: string
  readonly start: number
  readonly end: number
}

const maxParts = 1000
const maxPartHeaderBytes = 8192
const maxValueBytes = 1024

/** The boundary that a content type names; undefined where it is no multipart form. */
export function formBoundary(contentType: string): string | undefined {
  const match = /^multipart\/form-data\s*;\s*boundary=(?:"([^"\\\r\n]{1,70})"|([^\s;"]{1,70}))\s*$/i.exec(
    contentType,
  )
  return match?.[1] ?? match?.[2]
}

/**
 * The values of these fields, by name; absent ones are absent. Throws `invalid_request` for a form that two readers
 * could understand in two ways: what is authorised here must be what the provider reads. So nothing may stand
 * before the first part or after the last, and a field that is asked for may stand only once.
 */
export function readFormFields(
  form: Buffer,
  boundary: string,
  wanted: readonly string[],
): ReadonlyMap<string, FormField> {
  const found = new Map<string, FormField>()
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  if (form.indexOf(delimiter.subarray(2)) !== 0) throw malformed('does not begin with its boundary')
  let at = delimiter.length - 2
  for (let part = 0; part < maxParts; part++) {
    if (form.toString('latin1', at, at + 2) === '--') {
      // The last line end is often left out.
      if (!['', '\r\n'].includes(form.toString('latin1', at + 2, at + 5)))
        throw malformed('goes on after its end')
      return found
    }
    if (form.toString('latin1', at, at + 2) !== '\r\n') throw malformed('has a broken boundary')
    const headEnd = form.indexOf('\r\n\r\n', at)
    if (headEnd < 0 || headEnd - at > maxPartHeaderBytes) throw malformed('has a part without a head')
    const start = headEnd + 4
    // An empty value ends with the line end that also ends the head.
    const end = form.indexOf(delimiter, start - 2)
    if (end < 0) throw malformed('ends within a part')
    const name = fieldName(form.toString('latin1', at + 2, headEnd))
    if (wanted.includes(name)) {
      if (found.has(name)) throw malformed(`has two fields \`${name}\``)
      if (end - start > maxValueBytes) throw malformed(`has a field \`${name}\` that is too long`)
      found.set(name, {
        value: form.toString('utf8', start, Math.max(start, end)),
        start,
        end: Math.max(start, end),
      })
    }
    at = end + delimiter.length
  }
  throw malformed('has too many parts')
}

/** The form with another value in place of the field's. */
export function replaceField(form: Buffer, { start, end }: FormField, value: string): Buffer {
  return Buffer.concat([form.subarray(0, start), Buffer.from(value), form.subarray(end)])
}

const disposition =
  /^content-disposition:[ \t]*form-data((?:[ \t]*;[ \t]*[a-z]+=(?:"(?:[^"\\]|\\.)*"|[^\s;"]+))*)[ \t]*$/i

function fieldName(head: string): string {
  return readPartHead(head).name
}

export interface PartHead {
  readonly name: string
  readonly filename?: string
}

/** What a part's head says of it. Whatever could be read in two ways is refused. */
export function readPartHead(head: string): PartHead {
  const lines = head.split('\r\n')
  const own = lines.filter((line) => /^content-disposition\b/i.test(line))
  const parameters = own.length === 1 ? disposition.exec(own[0]!)?.[1] : undefined
  if (parameters === undefined || lines.some((line) => !/^[!#$%&'*+.^_`|~0-9a-z-]+:[^\r\n]*$/i.test(line))) {
    throw malformed('has a part whose head cannot be read')
  }
  if (lines.some((line) => /^content-transfer-encoding\b/i.test(line))) {
    throw malformed('has a part in a transfer encoding')
  }
  const found = [...parameters.matchAll(/;[ \t]*([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/gi)]
  const valuesOf = (wanted: string): string[] =>
    found
      .filter(([, key]) => key!.toLowerCase() === wanted)
      .map(([, , quoted, plain]) => quoted ?? plain ?? '')
  const [name, ...others] = valuesOf('name')
  if (name === undefined || others.length > 0 || /[\\%]/.test(name)) {
    throw malformed('has a part without one plain name')
  }
  const [filename] = valuesOf('filename')
  return { name, ...(filename !== undefined && { filename }) }
}

export function malformed(what: string): GatewayError {
  return new GatewayError('invalid_request', `The multipart form ${what}.`)
}
