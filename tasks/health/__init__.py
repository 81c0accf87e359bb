"""Whether the house is well: doctor, watchdog, figures for operators."""
