/** What is used of the package `vader-sentiment`, which has no types of its own. */

declare module 'vader-sentiment' {
  const vader: {
    readonly SentimentIntensityAnalyzer: {
      polarity_scores(text: string): { readonly compound: number }
    }
  }
  // The package is CommonJS.
  export default vader
}
