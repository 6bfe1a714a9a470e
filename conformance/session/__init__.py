"""One run of the suite: selection, attempts, workers, the journal, and the verdicts they add up to."""
