"""From a raw page to annotations: documents with frozen texts, and the answers of annotation tools put back onto them."""
