"""How the embedded model is trained: the puppet world, the two stages, the evaluation; and the examples."""
