/** The shape of the `server` section: where the gateway listens, what it bears, how it stops. */

import { z } from 'zod'
import { addressRange, bytes, hostName, milliseconds, port, secret, text } from './setting-kinds.ts'

export const serverSettings = z.strictObject({
  host: text.default('127.0.0.1').describe('Address to listen on; `0.0.0.0` or `::` for all.'),
  port: port.default(4000).describe('Port to listen on; 0 takes a free one.'),
  allowedHosts: z
    .array(hostName)
    .default([])
    .describe(
      'Names with a dot, such as `weir.example`, by which people and collectors of metrics come, beside `host` and the one in `admin.url`. ' +
        'By other names, without TLS, administration, dashboard and metrics answer 421, so that no page that makes its name lead here can use them. ' +
        'Addresses and names without a dot need not be named, and the API of callers answers by every name.',
    ),
  tls: z
    .strictObject({
      cert: secret('Certificate chain in PEM.'),
      key: secret('Private key in PEM.'),
    })
    .exactOptional()
    .describe('Serve HTTPS. Renewed files are taken up without a restart.'),
  trustedProxies: z
    .array(addressRange)
    .default([])
    .describe('Addresses and ranges of proxies whose `x-forwarded-*` headers are believed.'),
  admin: z
    .strictObject({ port: port.describe('Port of a listener of its own for the admin API and dashboard.') })
    .exactOptional()
    .describe('Separates administration from the data path.'),
  limits: z
    .strictObject({
      maxBodyBytes: bytes.default(33_554_432).describe('Largest request body; larger ones answer 413.'),
      maxLargeBodyBytes: bytes
        .default(536_870_912)
        .describe(
          'Bytes that bodies above 256 KiB may take together, and no more than a quarter of the heap; more answer 503.',
        ),
      maxJsonDepth: z.number().int().min(1).max(1000).default(64).describe('Deepest nesting of a JSON body.'),
      maxHeaderBytes: bytes.max(1_048_576).default(16_384).describe('Largest block of request headers.'),
      headersTimeoutMs: milliseconds
        .default(15_000)
        .describe('Time a caller has to send its headers, and before them to end its TLS handshake.'),
      bodyTimeoutMs: milliseconds
        .default(60_000)
        .describe('Time a caller has to send its whole request; one second is added per 100 KB.'),
      stalledReaderMs: milliseconds
        .default(60_000)
        .describe(
          'How long a caller may leave what waits for it unread; then its connection is cut. One second is added per 100 KB of a complete answer.',
        ),
      maxStrangersPerAddress: z
        .number()
        .int()
        .min(8)
        .max(1_000_000)
        .default(256)
        .describe(
          'Connections of one address, or of one /64 of IPv6, on which no request with a valid key has been answered; of those older than a second, the oldest make room for new ones. Proxies of `trustedProxies` are not counted.',
        ),
      keepAliveMs: milliseconds
        .default(75_000)
        .describe("How long an idle connection is kept; must exceed the load balancer's idle time."),
    })
    .refine(({ headersTimeoutMs, bodyTimeoutMs }) => headersTimeoutMs <= bodyTimeoutMs, {
      error: 'headers have longer than the whole request that they begin',
      params: { mend: 'Let `headersTimeoutMs` be at most `bodyTimeoutMs`.' },
    })
    .prefault({})
    .describe('Bounds on what a caller may send.'),
  overload: z
    .strictObject({
      loopLagMs: milliseconds
        .default(200)
        .describe('Delay of the event loop beyond which batch work and probes are refused.'),
      shedAtMemory: z
        .number()
        .gt(0)
        .max(1)
        .default(0.85)
        .describe('Share of the memory limit from which batch work and probes are refused.'),
      refuseAtMemory: z
        .number()
        .gt(0)
        .max(1)
        .default(0.95)
        .describe('Share of the memory limit from which all new requests are refused.'),
    })
    .prefault({})
    .describe('When the gateway itself has too much to do.'),
  heartbeatMs: milliseconds
    .default(15_000)
    .describe(
      'How long a stream of server-sent events may be quiet before a comment is sent on it. Before the first word, ' +
        'that sends status 200, without the headers that name the target.',
    ),
  padStreamsToBytes: z
    .number()
    .int()
    .min(64)
    .max(16_384)
    .exactOptional()
    .describe(
      'Fills each write of a stream of server-sent events up to a multiple of so many bytes, by a comment, so that the sizes of encrypted records do not tell what is said in them; 512 is a good value. Absent: off. Times between writes stay as they are, and so do JSON arrays of Gemini.',
    ),
  drain: z
    .strictObject({
      graceMs: z
        .number()
        .int()
        .min(0)
        .max(86_400_000)
        .default(5_000)
        .describe('After SIGTERM, how long requests are still accepted while readiness is off.'),
      timeoutMs: milliseconds
        .default(300_000)
        .describe('How long open requests may go on before they are ended with an error.'),
    })
    .prefault({})
    .describe('Graceful shutdown.'),
})
