/** The special functions behind every distribution: log-gamma, incomplete gamma and beta, and roots by bisection. */

const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

/** ln Gamma(x) for x > 0, to about 15 digits (Lanczos' approximation with g = 7 and nine terms). */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const shifted = x - 1
  let sum = lanczos[0]!
  for (let at = 1; at < lanczos.length; at++) sum += lanczos[at]! / (shifted + at)
  const t = shifted + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum)
}

/** ln of "n choose k". */
export function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)
}

const tiny = 1e-300
const precision = 1e-16
const maxTerms = 10_000

/**
 * A continued fraction b0 + a1/(b1 + a2/(b2 + ...)) by the modified method of Lentz (Thompson and Barnett, 1986).
 * `term(n)` gives the pair [a_n, b_n], n from 1.
 */
function continuedFraction(b0: number, term: (n: number) => readonly [number, number]): number {
  let value = b0 === 0 ? tiny : b0
  let c = value
  let d = 0
  for (let n = 1; n <= maxTerms; n++) {
    const [a, b] = term(n)
    d = b + a * d
    d = 1 / (d === 0 ? tiny : d)
    c = b + a / c
    if (c === 0) c = tiny
    const step = c * d
    value *= step
    if (Math.abs(step - 1) < precision) break
  }
  return value
}

/** Q(a, x), the upper regularised incomplete gamma function: a > 0, x >= 0 (Abramowitz and Stegun 6.5). */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1
  const front = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x >= a + 1) {
    return front / continuedFraction(x + 1 - a, (n) => [-n * (n - a), x + 2 * n + 1 - a])
  }
  let term = 1 / a
  let sum = term
  for (let n = 1; n <= maxTerms && term > sum * precision; n++) {
    term *= x / (a + n)
    sum += term
  }
  return 1 - front * sum
}

/** I_x(a, b), the regularised incomplete beta function: a, b > 0, x in [0, 1] (Abramowitz and Stegun 26.5.8). */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  // The fraction converges fast below the mean only; above it, the mirror image does.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b))
  const fraction = continuedFraction(1, (n) => {
    const m = Math.floor(n / 2)
    const numerator =
      n % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    return [numerator, 1]
  })
  return front / (a * fraction)
}

/**
 * Where a monotone function reaches `target` between `low` and `high`, by bisection: slow, and never wrong.
 * The function must be on one side of the target at `low` and on the other at `high`.
 */
export function bisect(value: (x: number) => number, target: number, low: number, high: number): number {
  const isRising = value(high) >= value(low)
  let [from, to] = [low, high]
  for (let step = 0; step < 200; step++) {
    const middle = (from + to) / 2
    if (middle === from || middle === to) break
    if (value(middle) < target === isRising) from = middle
    else to = middle
  }
  return (from + to) / 2
}
