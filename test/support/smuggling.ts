/** Bytes that two servers could read as different requests, and unusual ones that all must read alike. */

import { clients } from './clients.ts'
import { postBytes } from './raw-socket.ts'
import { testKey } from './stack.ts'

const { path, body } = clients['openai-chat']
export const chat = path({ model: '', text: '', stream: false })
export const bodyOf = (text: string) => JSON.stringify(body({ model: 'openai/echo', text, stream: false }))
export const key = `authorization: Bearer ${testKey}`

/** A request that a reader of the length finds inside of the one before it, or behind it. */
const smuggledText = 'this was smuggled in'
export const smuggled = postBytes(chat, bodyOf(smuggledText), {
  authorization: `Bearer ${testKey}`,
}).toString('latin1')
const chunk = (text: string, extension = '') => `${text.length.toString(16)}${extension}\r\n${text}\r\n`
const end = '0\r\n\r\n'

export function chatHead(...lines: string[]): string {
  return `${[`POST ${chat} HTTP/1.1`, 'host: a', key, 'content-type: application/json', ...lines].join('\r\n')}\r\n\r\n`
}

/** Where one server reads the length and another the chunks, `smuggled` is a request of its own to one of them. */
function ambiguous(...lines: string[]): string {
  return chatHead(...lines) + end + smuggled
}

const long = String(end.length + smuggled.length)

/** What no server may read in two ways is not read at all: one 400, and the connection is closed behind it. */
export const refused: Readonly<Record<string, string>> = {
  'a length before a coding': ambiguous(`content-length: ${long}`, 'transfer-encoding: chunked'),
  'a coding before a length': ambiguous('transfer-encoding: chunked', `content-length: ${long}`),
  'two lengths': ambiguous('content-length: 5', `content-length: ${long}`),
  'two equal lengths': ambiguous(`content-length: ${long}`, `content-length: ${long}`),
  'a list of lengths': ambiguous(`content-length: 5, ${long}`),
  'a length with a sign': ambiguous('content-length: +5'),
  'a negative length': ambiguous('content-length: -5'),
  'a length in hex': ambiguous('content-length: 0x5'),
  'a length with a space in it': ambiguous('content-length: 5 5'),
  'an empty length': ambiguous('content-length:'),
  'a length that no number holds': ambiguous('content-length: 99999999999999999999'),
  'a space before the colon of a length': ambiguous('content-length : 5'),
  'a coding twice': ambiguous('transfer-encoding: chunked', 'transfer-encoding: chunked'),
  'identity before chunked': ambiguous('transfer-encoding: identity', 'transfer-encoding: chunked'),
  'chunked before identity': ambiguous('transfer-encoding: chunked, identity'),
  'gzip before chunked': ambiguous('transfer-encoding: gzip, chunked'),
  'a coding with a parameter': ambiguous('transfer-encoding: chunked;q=1'),
  'a coding in quotes': ambiguous('transfer-encoding: "chunked"'),
  'an unknown coding': ambiguous('transfer-encoding: xchunked'),
  'a coding behind a vertical tab': ambiguous('transfer-encoding: \x0bchunked'),
  'a coding on a folded line': ambiguous('transfer-encoding:', ' chunked'),
  'a coding with an underscore': ambiguous('transfer_encoding: chunked', 'content-length: 5'),
  'a coding of HTTP/1.0': ambiguous('transfer-encoding: chunked').replace('HTTP/1.1', 'HTTP/1.0'),
  'HTTP/2.0': ambiguous('content-length: 5').replace('HTTP/1.1', 'HTTP/2.0'),
  'HTTP/1.2': ambiguous('content-length: 5').replace('HTTP/1.1', 'HTTP/1.2'),
  'HTTP/0.9': `POST ${chat}\r\n\r\n${smuggled}`,
  'a line that ends in LF': ambiguous('x-a: b\nx-c: d'),
  'a line that ends in CR': ambiguous('x-a: b\rx-c: d'),
  'all lines that end in LF': ambiguous('content-length: 5').replaceAll('\r\n', '\n'),
  'a header without a name': ambiguous(': b'),
  'a header before Host with a space': `POST ${chat} HTTP/1.1\r\n x: y\r\nhost: a\r\n\r\n${smuggled}`,
  'NUL in a name': ambiguous('x-\0a: b'),
  'a tab in the first line': `POST\t${chat}\tHTTP/1.1\r\nhost: a\r\n\r\n${smuggled}`,
  'an authority as the target': `GET evil.example:80 HTTP/1.1\r\nhost: a\r\n\r\n${smuggled}`,
  'a chunk of a negative size': `${chatHead('transfer-encoding: chunked')}-1\r\n${smuggled}`,
  'a chunk size beyond 64 bits': `${chatHead('transfer-encoding: chunked')}10000000000000002\r\n{}\r\n${end}${smuggled}`,
  'a chunk size with 0x': `${chatHead('transfer-encoding: chunked')}0x2\r\n{}\r\n${end}${smuggled}`,
  'a chunk without its end': `${chatHead('transfer-encoding: chunked')}2\r\n{}X${end}${smuggled}`,
  'chunks that end in LF': `${chatHead('transfer-encoding: chunked')}2\n{}\n0\n\n${smuggled}`,
  'LF in the extension of a chunk': `${chatHead('transfer-encoding: chunked')}2;a\nb\r\n{}\r\n${end}${smuggled}`,
  'an extension that never ends': `${chatHead('transfer-encoding: chunked')}2;${'a'.repeat(20_000)}\r\n{}\r\n${end}${smuggled}`,
}

/** What is unusual and has one meaning: read so, and the next request on the connection is the next request. */
export const read: Readonly<Record<string, readonly [bytes: string, text: string]>> = {
  'extensions of chunks': [
    chatHead('transfer-encoding: chunked') + chunk(bodyOf('in one chunk'), ';a=b;c="d"') + end,
    'in one chunk',
  ],
  'a coding in capitals': [
    chatHead('transfer-encoding: CHUNKED') + chunk(bodyOf('in capitals')) + end,
    'in capitals',
  ],
  'a body in many chunks': [
    chatHead('transfer-encoding: chunked') +
      [...bodyOf('byte for byte')].map((byte) => chunk(byte)).join('') +
      end,
    'byte for byte',
  ],
  'trailers that say what only headers may': [
    `${chatHead('transfer-encoding: chunked')}${chunk(bodyOf('trailers'))}0\r\nx-api-key: another\r\nhost: b\r\n\r\n`,
    'trailers',
  ],
  'empty lines before the request': [
    `\r\n\r\n${postBytes(chat, bodyOf('empty lines'), { authorization: `Bearer ${testKey}` }).toString()}`,
    'empty lines',
  ],
  'a request inside of a body': [
    postBytes(chat, bodyOf(`inside\r\n\r\n${smuggled}`), { authorization: `Bearer ${testKey}` }).toString(),
    `inside\r\n\r\n${smuggled}`,
  ],
}
