"""New documents into the corpus: `adding` says how, `journal` puts them in place as if in one step."""
