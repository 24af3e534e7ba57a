"""What every package stands on: settings, database, clock, words, refusals, the web gate."""
