/** The distributions that judgement rests on: normal, Student's t, chi-squared and binomial, with their quantiles. */

import { bisect, incompleteBeta, logChoose, upperGamma } from './special.ts'

/** P(Z <= z) of the standard normal distribution. */
export function normalCdf(z: number): number {
  const tail = upperGamma(0.5, (z * z) / 2) / 2
  return z > 0 ? 1 - tail : tail
}

/** The z with P(Z <= z) = p, for p in (0, 1). Infinite at 0 and 1. */
export function normalQuantile(p: number): number {
  if (p <= 0) return -Infinity
  if (p >= 1) return Infinity
  // The lower tail keeps its digits where the upper one is 1 minus nothing.
  return p > 0.5 ? -bisect(normalCdf, 1 - p, -40, 0) : bisect(normalCdf, p, -40, 0)
}

/** P(T > t) of Student's t with `df` degrees of freedom. */
export function tUpperTail(t: number, df: number): number {
  const tail = incompleteBeta(df / (df + t * t), df / 2, 0.5) / 2
  return t > 0 ? tail : 1 - tail
}

/** P(|T| >= |t|), the p-value of a two-sided t test. */
export function tTwoSided(t: number, df: number): number {
  return 2 * tUpperTail(Math.abs(t), df)
}

/** The t with P(T <= t) = p, for p in (0, 1). */
export function tQuantile(p: number, df: number): number {
  if (p < 0.5) return -tQuantile(1 - p, df)
  let high = 2
  while (tUpperTail(high, df) > 1 - p && high < 1e15) high *= 2
  return bisect((t) => tUpperTail(t, df), 1 - p, 0, high)
}

/** P(X > x) of the chi-squared distribution with `df` degrees of freedom. */
export function chiSquaredUpperTail(x: number, df: number): number {
  return upperGamma(df / 2, x / 2)
}

/** The x with P(X <= x) = p. */
export function chiSquaredQuantile(p: number, df: number): number {
  let high = df + 10
  while (chiSquaredUpperTail(high, df) > 1 - p && high < 1e15) high *= 2
  return bisect((x) => chiSquaredUpperTail(x, df), 1 - p, 0, high)
}

/** P(X = k) of n trials with probability p. */
export function binomialProbability(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0
  if (p <= 0) return k === 0 ? 1 : 0
  if (p >= 1) return k === n ? 1 : 0
  return Math.exp(logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p))
}

/** P(X <= k) of n trials with probability p. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0
  if (k >= n) return 1
  return incompleteBeta(1 - p, n - k, k + 1)
}
