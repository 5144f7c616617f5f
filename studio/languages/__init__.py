"""The tables of words, one language each, and the sentences of the core."""
