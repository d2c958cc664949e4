/**
 * Money as whole nano-dollars, and the arithmetic that keeps it exact.
 *
 * An amount is a safe integer: up to 9.0 million USD each way, far beyond any call, budget or daily total, and
 * cheap to add, compare and store. Products of tokens and prices pass that bound, so they are computed as
 * `bigint` and become an amount only after their one division. Sums without a bound (a year's ledger) belong to
 * the store, in 64 bits.
 *
 * A price per token is often a fraction of a nano-dollar (0.0028 USD per million tokens), so prices are whole
 * nano-dollars per million units: every published price is exact in that form, and the same decimal text reads as
 * either (0.15 USD per million tokens is 150,000,000 nano-dollars per million tokens).
 */

/** Whole nano-dollars (1e-9 USD), a safe integer. Negative only in corrections. */
export type NanoUsd = number

/** Whole nano-dollars per million units, a safe integer, never negative. */
export type NanoUsdPerMillion = number

/** The unit that prices are given for. */
export const unitsPerPrice = 1_000_000n

const decimals = 9
const largest = BigInt(Number.MAX_SAFE_INTEGER)
/** Longer texts and larger exponents are no amounts, and would make huge integers on the way to being refused. */
const maxTextLength = 40
const maxExponent = 30

/** `text` is a decimal number (`12`, `-0.05`, `2.5e-7`) of USD. Undefined when it is not one, or not exact in nano-dollars. */
export function parseUsd(text: string): NanoUsd | undefined {
  const ratio = readDecimal(text)
  if (ratio === undefined || ratio.numerator % ratio.denominator !== 0n) return undefined
  const amount = ratio.numerator / ratio.denominator
  return amount > largest || amount < -largest ? undefined : Number(amount)
}

/**
 * As `parseUsd`, but rounded half-even where the text has digits below the nano-dollar: for figures that others
 * computed in floating point (0.08333333333333334).
 */
export function roundUsd(text: string): NanoUsd | undefined {
  const ratio = readDecimal(text)
  return ratio && toAmount(divideHalfEven(ratio.numerator, ratio.denominator))
}

/** The amount as an exact decimal number of USD, without trailing zeros: `0.0125`, `-3`, `0`. */
export function formatUsd(amount: NanoUsd): string {
  const digits = String(Math.abs(amount)).padStart(decimals + 1, '0')
  const whole = digits.slice(0, -decimals)
  const fraction = digits.slice(-decimals).replace(/0+$/, '')
  return `${amount < 0 ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** The nearest whole number to the quotient, ties to the even one. `denominator` is positive. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const down = divideDown(numerator, denominator)
  const twiceRest = (numerator - down * denominator) * 2n
  if (twiceRest === denominator) return down % 2n === 0n ? down : down + 1n
  return twiceRest > denominator ? down + 1n : down
}

/** The least whole number that is not below the quotient. `denominator` is positive. */
export function divideUp(numerator: bigint, denominator: bigint): bigint {
  return -divideDown(-numerator, denominator)
}

/** The amount, held at the bounds of the type: absurd counts become an absurd cost, never a wrong small one. */
export function toAmount(value: bigint): NanoUsd {
  if (value > largest) return Number.MAX_SAFE_INTEGER
  return value < -largest ? -Number.MAX_SAFE_INTEGER : Number(value)
}

function divideDown(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator
  return numerator < 0n && quotient * denominator !== numerator ? quotient - 1n : quotient
}

/** The text's value in nano-dollars as a fraction; the denominator is positive. */
function readDecimal(text: string): { numerator: bigint; denominator: bigint } | undefined {
  if (text.length > maxTextLength) return undefined
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (match === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match
  const exponent = Number(exponentText)
  if (Math.abs(exponent) > maxExponent) return undefined
  const digits = BigInt(`${sign}${whole}${fraction}`)
  const shift = exponent + decimals - fraction.length
  return shift >= 0
    ? { numerator: digits * 10n ** BigInt(shift), denominator: 1n }
    : { numerator: digits, denominator: 10n ** BigInt(-shift) }
}
